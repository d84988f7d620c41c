/** What this browser has said and the server has not yet stored. */
import type { ChatMessage } from '../channels.js'
import { Drafts } from '../shell/drafts.js'
import { freshId } from '../shell/id.js'
import { me, myName } from '../shell/me.js'
import { isMessage, type Room, rooms } from './room.js'

export const drafts = new Drafts<ChatMessage>('chat.drafts')

export function say(room: Room, text: string): void {
  const message = { id: freshId(), from: me, name: myName.value, text, at: Date.now() }
  drafts.publish(room.channel, message)
}

/** A draft has become a message; or it was said before the oldest that is here, and has been one for long. */
function settle(room: Room): void {
  const messages = room.lines.value.filter(isMessage)
  const ids = new Set(messages.map(({ data }) => data.id))
  const since = messages[0]?.data.at ?? 0
  drafts.settle(({ channel, id, at }) => channel === room.channel && (ids.has(id) || at < since))
}

for (const room of rooms) room.lines.subscribe(() => settle(room))
