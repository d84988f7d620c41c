/** A document of Yjs, read and shared as long as a component is shown; and who else is in it. */
import { YjsProvider } from 'anywire/yjs'
import { useEffect, useState } from 'preact/hooks'
import { Doc } from 'yjs'
import { client, complain } from '../shell/client.js'
import { myName } from '../shell/me.js'

/** Dark enough for white names on them, and each unlike the others. */
const colours = ['#b3261e', '#1f6f43', '#1f4fd6', '#8a4b00', '#7a1fa2', '#00696f', '#a3195b', '#4f5b00']

/** What everybody says of themselves, as editor bindings of Yjs expect it. */
export interface User {
  readonly name: string
  readonly color: string
}

export function useDocument(channel: string): YjsProvider | undefined {
  const [provider, setProvider] = useState<YjsProvider>()
  useEffect(() => {
    const doc = new Doc()
    const made = new YjsProvider(client, channel, doc)
    const say = () => made.awareness.setLocalStateField('user', userOf(doc))
    say()
    const ends = [myName.subscribe(say), made.error.subscribe((error) => error && complain(error))]
    setProvider(made)
    return () => {
      for (const end of ends) end()
      made.destroy()
      doc.destroy()
    }
  }, [channel])
  return provider?.channel === channel ? provider : undefined
}

const userOf = ({ clientID }: Doc): User => ({ name: myName.value, color: colours[clientID % colours.length]! })

export interface Other<State> {
  readonly client: number
  readonly user: User
  readonly state: State
}

/** The others, with what they say of themselves. */
export function othersIn<State>({ awareness, doc }: YjsProvider): Other<State>[] {
  return [...awareness.getStates()].flatMap(([client, state]) =>
    client === doc.clientID || !isUser(state.user) ? [] : { client, user: state.user, state: state as State },
  )
}

/** Follows what they say. */
export function useOthers<State>(provider: YjsProvider): readonly Other<State>[] {
  const [others, setOthers] = useState(() => othersIn<State>(provider))
  useEffect(() => {
    const look = () => setOthers(othersIn<State>(provider))
    look()
    provider.awareness.on('change', look)
    return () => provider.awareness.off('change', look)
  }, [provider])
  return others
}

/** What others say is unknown: a colour ends up in a style. */
function isUser(user: unknown): user is User {
  const { name, color } = Object(user)
  return typeof name === 'string' && typeof color === 'string' && /^#[\da-f]{6}$/i.test(color)
}
