/** Who is in a place: the roster of its channel; and what one says of oneself there. */
import type { Presence, Roster, Signal } from 'anywire/client'
import { useEffect, useRef, useState } from 'preact/hooks'
import type { Here, Person } from '../channels.js'
import { fits } from '../checks.js'
import { client, complain } from './client.js'
import { me, myName } from './me.js'

const typingMs = 3000

interface Announcement {
  /** To be called when a key is struck. */
  readonly typing: () => void
  readonly leave: () => void
}

/** The others in a place, by name. */
export function useOthers(place: string): readonly Person[] {
  const [others, setOthers] = useState<readonly Person[]>([])
  useEffect(() => {
    setOthers([])
    const show = (roster: Roster | undefined) => roster && setOthers(othersIn(roster))
    return open(`people/${place}`, ({ roster }) => roster.subscribe(show))
  }, [place])
  return others
}

/** How many read a channel whose rule has presence. Undefined before that is known. */
export function useCount(channel: string): number | undefined {
  const [count, setCount] = useState<number>()
  useEffect(() => open(channel, ({ roster }) => roster.subscribe((now) => setCount(now?.count))), [channel])
  return count
}

/** Announces this browser as long as the component is shown. Answers what is to be called when a key is struck. */
export function useAnnouncement(place: string, read: Signal<string>): () => void {
  const announced = useRef<Announcement>(null)
  useEffect(() => {
    const made = announce(place, read)
    announced.current = made
    return () => made.leave()
  }, [place])
  return () => announced.current?.typing()
}

/** Says how one is in a place, and again when something of it changes. */
export function announce(place: string, read?: Signal<string>): Announcement {
  let presence: Presence<Here> | undefined
  let typing = false
  let timer: ReturnType<typeof setTimeout>
  const tell = () => presence?.set({ name: myName.value, typing, read: read?.value ?? '' })
  const end = open<Here>(`people/${place}`, (opened) => {
    presence = opened
    tell()
  })
  const changes = [myName.subscribe(tell), read?.subscribe(tell)]
  const type = (is: boolean) => {
    typing = is
    clearTimeout(timer)
    if (is) timer = setTimeout(type, typingMs, false)
    tell()
  }
  return {
    typing: () => type(true),
    leave() {
      clearTimeout(timer)
      for (const stop of changes) stop?.()
      end()
    },
  }
}

/** Opens the presence of a channel. Answers what ends that. */
function open<State>(channel: string, use: (presence: Presence<State>) => void): () => void {
  let ended = false
  let opened: Presence<State> | undefined
  const begin = async () => {
    const presence = await client.presence<State>(channel)
    if (ended) return presence.close()
    opened = presence
    presence.closed.catch(complain)
    use(presence)
  }
  begin().catch(complain)
  return () => {
    ended = true
    opened?.close()
  }
}

function othersIn({ members }: Roster): Person[] {
  const others = members.flatMap(({ member, state }) =>
    member !== me && fits('people/', state ?? {}) ? { ...(state as Here), id: member } : [],
  )
  return others.sort((one, other) => one.name.localeCompare(other.name))
}
