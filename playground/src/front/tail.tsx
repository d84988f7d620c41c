/** What comes through the channel, the newest first. */
import type { Client, Item } from 'anywire/client'
import { useEffect, useState } from 'preact/hooks'
import { Card } from '../parts/card.js'
import { Scroller } from '../parts/scroller.js'
import { useValue } from '../shell/value.js'
import { channel, client } from './hub.js'

const most = 100
const mostLetters = 2_000

interface Line {
  readonly id: string
  readonly what: string
  readonly text: string
}

export function Tail() {
  const name = useValue(channel)
  const connected = useValue(client)
  const [lines, setLines] = useState<readonly Line[]>([])
  const [refusal, setRefusal] = useState<string>()
  useEffect(() => {
    setLines([])
    setRefusal(undefined)
    if (!connected) return
    return follow(connected, name, {
      take: (line) => setLines((before) => [line, ...before].slice(0, most)),
      refused: setRefusal,
    })
  }, [name, connected])
  return (
    <Card title={`Live: ${name}`} class="live">
      <p class="alert" role="alert">
        {refusal}
      </p>
      {refusal || lines.length > 0 || <p class="empty">Nothing yet. Publish a message: it is shown here at once.</p>}
      <Scroller class="tail" label="Messages, the newest first">
        <ol>
          {lines.map(({ id, what, text }) => (
            <li key={id}>
              <span class="fact">{what}</span>
              <code dir="auto">{text}</code>
            </li>
          ))}
        </ol>
      </Scroller>
    </Card>
  )
}

interface Told {
  take(line: Line): void
  refused(sentence: string | undefined): void
}

function follow(from: Client, name: string, { take, refused }: Told): () => void {
  const stop = new AbortController()
  const failed = (error: unknown) => {
    if (!stop.signal.aborted) refused(error instanceof Error ? error.message : String(error))
  }
  try {
    const failing = failed
    const reading = from.subscribe(name, { from: 'last-20', failing, signal: stop.signal }, (item) =>
      take(lineOf(item)),
    )
    reading.opened.then(
      () => refused(undefined),
      () => undefined,
    )
    reading.closed.catch(failed)
  } catch (error) {
    failed(error)
  }
  return () => stop.abort()
}

function lineOf(item: Item): Line {
  if (item.kind === 'gap') {
    const { missed, reason, to } = item
    return { id: `gap ${to}`, what: 'gap', text: `${missed ?? 'Some'} messages are missing: ${reason}.` }
  }
  const { offset: id, event, key } = item
  const what = [event, key && `key ${key}`].filter(Boolean).join(', ')
  if (item.kind === 'problem') return { id, what, text: item.error.message }
  return { id, what, text: spelt(item.data) }
}

function spelt(data: unknown): string {
  if (data === undefined) return '(removed)'
  if (data instanceof Uint8Array) return `${data.length} bytes`
  const text = typeof data === 'string' ? data : JSON.stringify(data)
  return text.length > mostLetters ? `${text.slice(0, mostLetters)} …` : text
}
