/** The lists that the page follows, as the event stream tells them. Each change of a list is a new `Value`. */
import { Value } from '../shell/value.js'
import { openStream } from './port.js'

interface Told {
  readonly channel: string
  readonly key?: string
  readonly entry?: unknown
}

export type Entries = ReadonlyMap<string, unknown>

/** Whether what is shown is so now. */
export const state = new Value<'connecting' | 'open' | 'waiting'>('connecting')
/** Why it is not, in a sentence. */
export const fault = new Value<string | undefined>(undefined)

const lists = new Map<string, Value<Entries>>()
/** Changes that are not shown yet. */
const waiting = new Map<string, Map<string, unknown>>()
const againMs = 1_000

export function listOf(channel: string): Value<Entries> {
  const known = lists.get(channel)
  if (known) return known
  const made = new Value<Entries>(new Map())
  lists.set(channel, made)
  return made
}

/** Follows these lists and no others, until what is answered is called. */
export function follow(channels: readonly string[]): () => void {
  const stop = new AbortController()
  void run(channels, stop.signal)
  return () => stop.abort()
}

async function run(channels: readonly string[], signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      const stream = await openStream(channels, signal)
      state.set('open')
      fault.set(undefined)
      await read(stream)
    } catch (thrown) {
      if (!signal.aborted) fault.set(thrown instanceof Error ? thrown.message : undefined)
    }
    if (signal.aborted) return
    state.set('waiting')
    await new Promise((done) => setTimeout(done, againMs))
  }
}

async function read(stream: ReadableStream<Uint8Array>): Promise<void> {
  const reader = stream.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>).getReader()
  let rest = ''
  for (;;) {
    const { value, done } = await reader.read()
    if (done) return
    const events = (rest + value).split('\n\n')
    rest = events.pop() ?? ''
    for (const event of events) take(event)
  }
}

/** What the server refuses is its last word. */
function take(event: string): void {
  if (!event.startsWith('data: ')) throw new Error(JSON.parse(event.slice(event.indexOf('data: ') + 6)).message)
  const { channel, key, entry } = JSON.parse(event.slice(6)) as Told
  if (waiting.size === 0) requestAnimationFrame(show)
  const entries = waiting.get(channel) ?? new Map(listOf(channel).value)
  waiting.set(channel, entries)
  if (key === undefined) entries.clear()
  else if (entry === undefined) entries.delete(key)
  else entries.set(key, entry)
}

/** Once a frame, however many events have come. */
function show(): void {
  for (const [channel, entries] of waiting) listOf(channel).set(entries)
  waiting.clear()
}
