/** Mentions: whoever is named in the chat is notified, wherever in the playground they are. */
import type { Hub } from 'anywire'
import { type ChatMessage, rooms } from './chat.js'
import { notify } from './notifications.js'
import { everybody } from './people.js'
import type { Scenario } from './scenario.js'

export const mentions: Scenario = {
  rules: {},
  start(hub) {
    const end = new AbortController()
    for (const room of rooms) listen(hub, room, end.signal).catch(console.error)
    return () => end.abort()
  },
}

async function listen(hub: Hub, room: string, signal: AbortSignal) {
  for await (const item of hub.subscribe(`chat/${room}`, { signal })) {
    if (item.kind === 'gap') continue
    const said = sayingOf(item.data)
    if (!said) continue
    const { from, name, text } = said
    const named = (await everybody()).filter((person) => person.id !== from && text.includes(`@${person.name}`))
    for (const { id } of named) notify(id, `${name} in ${room}`, text, `/chat/${room}`)
  }
}

/** What a message of a room says; undefined for what is none, which must not end the listening. */
function sayingOf(data: unknown): Pick<ChatMessage, 'from' | 'name' | 'text'> | undefined {
  const { from, name, text } = Object(data) as Partial<ChatMessage>
  return [from, name, text].every((field) => typeof field === 'string') ? (data as ChatMessage) : undefined
}
