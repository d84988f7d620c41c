/** A drawer at the foot of the page: what comes over the wire, how much of it, and how the client found its way. */
import './wire.css'
import { useEffect, useRef, useState } from 'preact/hooks'
import { useTick } from '../laboratory/tick.js'
import { Scroller } from '../parts/scroller.js'
import { client, onMessage } from '../shell/client.js'
import { learntOf, nextTry } from '../shell/next-try.js'
import { type Moment, moments } from '../shell/timeline.js'
import { useValue } from '../shell/value.js'

export function WireDrawer({ onClose }: { readonly onClose: () => void }) {
  const head = useRef<HTMLHeadingElement>(null)
  useEffect(() => head.current?.focus(), [])
  useEffect(() => {
    const close = (event: KeyboardEvent) => event.key === 'Escape' && onClose()
    addEventListener('keydown', close)
    return () => removeEventListener('keydown', close)
  }, [onClose])
  return (
    <aside class="wire" aria-labelledby="wire">
      <header>
        <h2 id="wire" ref={head} tabIndex={-1}>
          On the wire
        </h2>
        <Sums />
        <button type="button" class="bare" aria-label="Close what is on the wire" onClick={onClose}>
          ×
        </button>
      </header>
      <div class="columns">
        <Frames />
        <Timeline />
      </div>
    </aside>
  )
}

/** Of the connection that all tabs share. */
function Sums() {
  const { transport, bytes, messages, reconnects, gaps, roundTripMs } = useValue(client.stats)
  return (
    <dl class="sums">
      <dt>Transport</dt>
      <dd>{transport ?? 'none'}</dd>
      <dt>Messages</dt>
      <dd>{messages.toLocaleString('en')}</dd>
      <dt>Bytes</dt>
      <dd>{bytes.toLocaleString('en')}</dd>
      <dt>Round trip</dt>
      <dd>{roundTripMs === undefined ? '–' : `${roundTripMs.toFixed(1)} ms`}</dd>
      <dt>Reconnects</dt>
      <dd>{reconnects}</dd>
      <dt>Gaps</dt>
      <dd>{gaps}</dd>
    </dl>
  )
}

interface Frame {
  readonly number: number
  readonly channel: string
  readonly text: string
}

const [mostFrames, mostLetters] = [40, 160]

/** The newest messages of this page, as they come. Four times a second, however many they are. */
function Frames() {
  const [frames, setFrames] = useState<readonly Frame[]>([])
  useEffect(() => {
    let number = 0
    let come: Frame[] = []
    const end = onMessage((channel, data) => {
      if (come.length === mostFrames) come.shift()
      const text = data instanceof Uint8Array ? `${data.length} bytes` : (JSON.stringify(data) ?? 'removed')
      come.push({ number: ++number, channel, text: text.slice(0, mostLetters) })
    })
    const clock = setInterval(() => {
      const made = come
      come = []
      if (made.length > 0) setFrames((before) => [...made.reverse(), ...before].slice(0, mostFrames))
    }, 250)
    return () => {
      end()
      clearInterval(clock)
    }
  }, [])
  return (
    <section aria-label="What comes">
      <h3>What comes</h3>
      <Scroller class="log" label="Messages, the newest first">
        {frames.length === 0 && <p>Nothing since the drawer is open.</p>}
        <ol>
          {frames.map(({ number, channel, text }) => (
            <li key={number}>
              <b>{channel}</b> {text}
            </li>
          ))}
        </ol>
      </Scroller>
    </section>
  )
}

const clock = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' })
const timeOf = ({ at }: Moment) => (at === undefined ? 'earlier' : clock.format(at))

function Timeline() {
  const all = useValue(moments)
  return (
    <section aria-label="How it got there">
      <h3>How it got there</h3>
      <Scroller class="log" label="Decisions, the newest first">
        <ol>
          <NextTry all={all} />
          {all.toReversed().map((moment, i) => (
            <li key={all.length - i}>
              <time>{timeOf(moment)}</time> {moment.text}
            </li>
          ))}
        </ol>
      </Scroller>
    </section>
  )
}

function NextTry({ all }: { readonly all: readonly Moment[] }) {
  useTick(1000)
  const { transport } = useValue(client.stats)
  const proven = all.findLast(({ text }) => text.startsWith(`${transport}: proven`))
  if (!transport || proven?.at === undefined) return null
  const next = nextTry(transport, proven.at, learntOf('/channels'), Date.now())
  return next ? (
    <li>
      <time>to come</time> tries {next.transport} again in {Math.ceil(next.inMs / 1000)} s
    </li>
  ) : null
}
