/** What this browser has said and the server has not yet stored: it waits in the client's outbox, and is shown until it comes back as a message. */
import type { ChatMessage } from '../channels.js'
import { client, complain } from '../shell/client.js'
import { me, myName } from '../shell/me.js'
import { Value } from '../shell/value.js'
import { isMessage, type Room, rooms } from './room.js'

export interface Draft extends ChatMessage {
  readonly room: string
  /** It outlasts a reload. */
  readonly kept: boolean
}

const key = 'chat.drafts'
const stored = (): Draft[] => JSON.parse(localStorage.getItem(key) ?? '[]')

/** Oldest first. */
export const drafts = new Value<readonly Draft[]>(stored())

function put(next: readonly Draft[]): void {
  localStorage.setItem(key, JSON.stringify(next.filter(({ kept }) => kept)))
  drafts.set(next)
}

const drop = (id: string) => put(drafts.value.filter((draft) => draft.id !== id))

export function say(room: Room, text: string): void {
  const message = { id: crypto.randomUUID(), from: me, name: myName.value, text, at: Date.now() }
  put([...drafts.value, { ...message, room: room.name, kept: false }])
  const queued = () => put(drafts.value.map((draft) => (draft.id === message.id ? { ...draft, kept: true } : draft)))
  client.publish(`chat/${room.name}`, message, { queued }).catch((thrown) => {
    drop(message.id)
    complain(thrown)
  })
}

/** A draft has become a message; or it was said before the oldest that is here, and has been one for long. */
function settle(room: Room): void {
  const messages = room.lines.value.filter(isMessage)
  const ids = new Set(messages.map(({ data }) => data.id))
  const since = messages[0]?.data.at ?? 0
  const waits = ({ room: name, id, at }: Draft) => name !== room.name || !(ids.has(id) || at < since)
  if (!drafts.value.every(waits)) put(drafts.value.filter(waits))
}

for (const room of rooms) room.lines.subscribe(() => settle(room))
addEventListener('storage', (event) => event.key === key && drafts.set(stored()))
