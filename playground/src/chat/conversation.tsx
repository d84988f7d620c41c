/** What was said in a room, oldest at the top; more comes when one scrolls up. */
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import type { ChatMessage, Person } from '../channels.js'
import { Button } from '../parts/button.js'
import { Scroller } from '../parts/scroller.js'
import { me } from '../shell/me.js'
import { useValue } from '../shell/value.js'
import { drafts } from './outgoing.js'
import { isMessage, type Line, type Room } from './room.js'

const clock = new Intl.DateTimeFormat('en-GB', { timeStyle: 'short' })

interface Props {
  readonly room: Room
  readonly others: readonly Person[]
}

export function Conversation({ room, others }: Props) {
  const lines = useValue(room.lines)
  const waiting = useValue(drafts.waiting).filter(({ channel }) => channel === room.channel)
  const [since] = useState(room.read.value)
  const box = useScroll(room, lines, waiting.length)
  const firstNew = since
    ? lines.find((line) => isMessage(line) && line.offset > since && line.data.from !== me)
    : undefined
  return (
    <Scroller class="conversation" box={box} role="log" label={`What was said in ${room.name}`}>
      <Earlier room={room} />
      {lines.map((line, i) => (
        <Entry
          key={keyOf(line)}
          line={line}
          before={lines[i - 1]?.kind === 'gap' ? lines[i - 2] : lines[i - 1]}
          isFirstNew={line === firstNew}
          others={others}
        />
      ))}
      {waiting.map((draft, i) => (
        <Message key={draft.id} message={draft} again={i > 0} tick={draft.kept ? 'kept' : 'waiting'} />
      ))}
    </Scroller>
  )
}

const keyOf = (line: Line) =>
  isMessage(line) ? line.offset : `${line.kind} ${line.kind === 'gap' ? line.to : line.offset}`

/** What one person says within five minutes stands under one name. */
const spanOf = ({ at }: ChatMessage) => Math.floor(at / 300_000)

function Earlier({ room }: { readonly room: Room }) {
  const place = useRef<HTMLDivElement>(null)
  const whole = useValue(room.whole)
  const count = useValue(room.lines).length
  useEffect(() => {
    if (whole || !place.current) return
    const watch = new IntersectionObserver((seen) => seen.some((one) => one.isIntersecting) && void room.older(), {
      root: place.current.parentElement,
    })
    watch.observe(place.current)
    return () => watch.disconnect()
  }, [room, whole, count])
  if (count === 0) return <p class="earlier">Nothing has been said here yet. “Share”, above, brings somebody in.</p>
  return (
    <div class="earlier" ref={place}>
      {whole ? (
        <p>The beginning of what is kept.</p>
      ) : (
        <Button onClick={() => room.older()}>Show earlier messages</Button>
      )}
    </div>
  )
}

interface EntryProps {
  readonly line: Line
  readonly before: Line | undefined
  readonly isFirstNew: boolean
  readonly others: readonly Person[]
}

function Entry({ line, before, isFirstNew, others }: EntryProps) {
  if (line.kind === 'problem') return <p class="rule">{line.error.message}</p>
  if (!isMessage(line)) {
    return (
      <p class="rule">
        {line.reason === 'reset' ? 'The server began anew.' : `${line.missed ?? 'Some'} messages are lost.`}
      </p>
    )
  }
  const { data, offset } = line
  const previous = before && isMessage(before) ? before.data : undefined
  const again = previous?.from === data.from && previous.name === data.name && spanOf(data) === spanOf(previous)
  const isSeen = others.some(({ read }) => read >= offset)
  return (
    <>
      {new Date(data.at).toDateString() !== new Date(previous?.at ?? 0).toDateString() && (
        <p class="rule">{new Date(data.at).toLocaleDateString('en', { dateStyle: 'full' })}</p>
      )}
      {isFirstNew && <p class="rule new">New since you were here</p>}
      <Message message={data} again={again} tick={data.from === me ? (isSeen ? 'seen' : 'stored') : undefined} />
    </>
  )
}

const ticks = {
  waiting: ['…', 'on its way'],
  kept: ['◷', 'kept in the outbox until there is a connection'],
  stored: ['✓', 'stored by the server'],
  seen: ['✓✓', 'seen by somebody'],
} as const

interface MessageProps {
  readonly message: ChatMessage
  /** The same person as above. */
  readonly again: boolean
  readonly tick: keyof typeof ticks | undefined
}

function Message({ message: { name, text, at, from }, again, tick }: MessageProps) {
  const time = new Date(at)
  return (
    <article class={`message${from === me ? ' mine' : ''}${again ? ' again' : ''}`} data-tick={tick}>
      <header>
        <b dir="auto">{name}</b>
        <time dateTime={time.toISOString()}>{clock.format(time)}</time>
      </header>
      <p dir="auto">
        {text}
        {tick && (
          <span class="tick" role="img" aria-label={ticks[tick][1]} title={ticks[tick][1]}>
            {ticks[tick][0]}
          </span>
        )}
      </p>
    </article>
  )
}

/** Stays at the end when it is there, and where it is when older lines come above. What is seen is read. */
function useScroll(room: Room, lines: readonly Line[], waiting: number) {
  const box = useRef<HTMLElement>(null)
  const atEnd = useRef(true)
  const before = useRef({ first: lines[0], height: 0 })
  useLayoutEffect(() => {
    const { current: element } = box
    if (!element) return
    const grewAbove = before.current.first !== lines[0] && before.current.first !== undefined
    if (atEnd.current) element.scrollTop = element.scrollHeight
    else if (grewAbove) element.scrollTop += element.scrollHeight - before.current.height
    before.current = { first: lines[0], height: element.scrollHeight }
  }, [lines, waiting])
  useEffect(() => {
    const { current: element } = box
    if (!element) return
    const look = () => {
      atEnd.current = element.scrollHeight - element.scrollTop - element.clientHeight < 40
      if (atEnd.current && document.visibilityState === 'visible') room.readAll()
    }
    // A keyboard that comes up, or a phone that is turned.
    const size = new ResizeObserver(() => {
      if (atEnd.current) element.scrollTop = element.scrollHeight
    })
    size.observe(element)
    look()
    element.addEventListener('scroll', look, { passive: true })
    addEventListener('visibilitychange', look)
    return () => {
      size.disconnect()
      element.removeEventListener('scroll', look)
      removeEventListener('visibilitychange', look)
    }
  }, [room, lines])
  return box
}
