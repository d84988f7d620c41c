/** Chat: the rooms, one of them open, and who is in it. */
import './chat.css'
import { useEffect } from 'preact/hooks'
import type { Person } from '../channels.js'
import { Badge } from '../parts/badge.js'
import { type CodeFile, Panel } from '../parts/panel.js'
import { CompanySwitch } from '../shell/company.js'
import { useAnnouncement, useOthers } from '../shell/people.js'
import { path } from '../shell/router.js'
import { setTitle } from '../shell/title.js'
import { useValue } from '../shell/value.js'
import { YourName } from '../shell/your-name.js'
import { Composer } from './composer.js'
import { Conversation } from './conversation.js'
import { type Room, rooms } from './room.js'

const files: readonly CodeFile[] = [
  ['Server', 'playground/server/chat.ts', () => import('../../server/chat.ts?raw')],
  ['Page', 'playground/src/chat/room.ts', () => import('./room.ts?raw')],
  ['React', 'playground/src/chat/react.tsx', () => import('./react.tsx?raw'), () => import('./react.js')],
  ['Bot', 'playground/server/company/bot.ts', () => import('../../server/company/bot.ts?raw')],
]

export default function Chat() {
  const name = useValue(path).split('/')[2]
  const room = rooms.find((one) => one.name === name) ?? rooms[0]!
  return (
    <div class="page">
      <header class="title">
        <h1>Chat</h1>
        <p class="lead">
          Open this page in another browser too. Then cut your network, go on writing, and restore it: what you said
          arrives once and in order, and so does what you missed.
        </p>
      </header>
      <div class="desk">
        <Rooms current={room} />
        <Open key={room.name} room={room} />
      </div>
      <Panel files={files} channel="chat/lobby">
        <p>
          A room is a channel that keeps 500 messages. The page reads the newest forty and everything after; scrolling
          up reads the same channel from further back. Who is here says the <code>presence</code> of a second channel:
          reading it is being there, and its roster has a key for each person, with what they say of themselves. Close
          your laptop, and you are gone for the others soon after; reload, and nobody notices.
        </p>
        <p>
          A message waits in the client's outbox (◷) until the server has stored it (✓): an acknowledgement is a promise
          that it will never be stored twice, whatever the line does. ✓✓ means that somebody has read it.
        </p>
      </Panel>
    </div>
  )
}

function Rooms({ current }: { readonly current: Room }) {
  return (
    <div class="index">
      <ul aria-label="Rooms">
        {rooms.map((room) => (
          <RoomLink key={room.name} room={room} isCurrent={room === current} />
        ))}
      </ul>
      <YourName />
    </div>
  )
}

function RoomLink({ room, isCurrent }: { readonly room: Room; readonly isCurrent: boolean }) {
  const unread = useValue(room.unread)
  return (
    <li>
      <a href={`/chat/${room.name}`} aria-current={isCurrent ? 'true' : undefined}>
        {room.name} {unread > 0 && <Badge label={`${unread} unread`}>{unread > 39 ? '39+' : unread}</Badge>}
      </a>
    </li>
  )
}

function Open({ room }: { readonly room: Room }) {
  const others = useOthers(room.name)
  const typing = useAnnouncement(room.name, room.read)
  useEffect(() => {
    setTitle(`${room.name} · Chat · Anywire`)
  }, [room])
  return (
    <section class="room" aria-label={`Room ${room.name}`}>
      <header>
        <h2>{room.name}</h2>
        <p>{room.about}</p>
        <Present others={others} />
        {room.name !== 'reading' && <CompanySwitch place={room.name} />}
      </header>
      <Conversation room={room} others={others} />
      <p class="typing" role="status">
        {typingText(others.filter((one) => one.typing).map((one) => one.name))}
      </p>
      <Composer room={room} onType={typing} />
    </section>
  )
}

function Present({ others }: { readonly others: readonly Person[] }) {
  const names = others.map(({ name }) => name)
  return (
    <p class="present">
      <span class="dot" aria-hidden="true" />{' '}
      {names.length === 0 ? 'You are alone here' : `Here with you: ${names.slice(0, 6).join(', ')}`}
      {names.length > 6 && ` and ${names.length - 6} more`}
    </p>
  )
}

function typingText(names: readonly string[]): string {
  if (names.length === 0) return ''
  if (names.length > 2) return 'Several people are typing …'
  return `${names.join(' and ')} ${names.length === 1 ? 'is' : 'are'} typing …`
}
