/** Readers in this process: an async iterable over a channel. */
import type { Opening } from '../../core/reading/delivery.js'
import { rateOnGrid, type Slow } from '../../protocol/anywire-v1.js'
import { AnywireError } from '../../protocol/error.js'
import type { GapReason, Kind, Message } from '../../protocol/message.js'
import type { ChannelName } from '../../protocol/name.js'
import { type Offset, type Position, parsePosition } from '../../protocol/offset.js'
import type { Context } from '../context.js'
import { local, localConnection } from './local-connection.js'

export interface ReadOptions {
  /** `start`, `now`, `snapshot`, `last-N`, or an offset. @default 'now' */
  readonly from?: string | undefined
  /** What happens when this reader falls behind. @default 'catch-up' */
  readonly slow?: Slow | undefined
  /** Largest number of slices per second. @default every one @unit slices/s */
  readonly rate?: number | undefined
  /** Ends the reading. */
  readonly signal?: AbortSignal | undefined
}

/** What a reader in this process gets. */
export type Received =
  | {
      readonly kind: 'message'
      readonly offset: Offset
      /** Parsed JSON, a string, or bytes, as the channel's content type has it; undefined for a tombstone. */
      readonly data: unknown
      readonly event?: string | undefined
      readonly key?: string | undefined
      /** The span of who published it [W3C Trace Context]: for a link. Absent where nothing was said of it. */
      readonly traceparent?: string | undefined
    }
  | {
      readonly kind: 'gap'
      readonly reason: GapReason
      readonly from: string
      readonly to: Offset
      readonly missed?: number | undefined
    }

/**
 * Reads until the channel or the hub is closed, the loop is left or `signal` says so.
 * @throws AnywireError for a bad position or a channel that is gone.
 */
export async function* readLocally(
  context: Context,
  channel: ChannelName,
  options: ReadOptions,
): AsyncGenerator<Received, void, undefined> {
  const { signal, slow } = options
  if (signal?.aborted) return
  const from = options.from ?? 'now'
  const opened = await unlessAborted(
    begin(context, channel, from === 'start' ? { kind: 'start' } : parsePosition(from)),
    signal,
  )
  if (opened === undefined) return
  const { wire, connection } = localConnection(context.delivery)
  connection.listen({
    gap(_subscription, gap) {
      wire.put(gap)
      return gap.reason !== 'slow'
    },
  })
  try {
    context.welcome(connection)
  } catch (thrown) {
    opened.release()
    throw thrown
  }
  const stop = () => connection.close()
  signal?.addEventListener('abort', stop, { once: true })
  try {
    const rate = options.rate === undefined ? undefined : rateOnGrid(options.rate)
    const { kind } = opened.start(connection, local, { slow, rate }).log
    for (let item = await wire.take(); item !== undefined; item = await wire.take()) {
      if (!('messages' in item)) yield { kind: 'gap', ...item }
      else for (const message of item.messages) yield received(message, item.kind ?? kind)
    }
  } finally {
    signal?.removeEventListener('abort', stop)
    connection.close()
  }
}

function begin(context: Context, channel: ChannelName, position: Position): Opening | Promise<Opening> {
  const ready = context.ready(channel)
  return ready ? ready.then(() => context.open(channel, position)) : context.open(channel, position)
}

/** The opened channel; undefined as soon as the signal aborts, however long the store takes. */
async function unlessAborted(
  opening: Opening | Promise<Opening>,
  signal: AbortSignal | undefined,
): Promise<Opening | undefined> {
  if (!signal || !(opening instanceof Promise)) return opening
  let stop = () => {}
  const aborted = new Promise<undefined>((resolve) => {
    stop = () => resolve(undefined)
    signal.addEventListener('abort', stop, { once: true })
  })
  const opened = await Promise.race([opening, aborted]).finally(() => signal.removeEventListener('abort', stop))
  if (!signal.aborted) return opened
  opening.then(
    ({ release }) => release(),
    () => undefined,
  )
  return undefined
}

/** A message as a program reads it. */
export function received(message: Message, kind: Kind): Received {
  const { offset, event, key, traceparent } = message
  return { kind: 'message', offset, data: parsed(message.data, kind), event, key, ...(traceparent && { traceparent }) }
}

function parsed(data: Uint8Array | undefined, kind: Kind): unknown {
  if (data === undefined) return undefined
  if (kind === 'binary') return data
  const text = Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString()
  try {
    return kind === 'text' ? text : JSON.parse(text)
  } catch (cause) {
    throw new AnywireError('internal', 'A message of a JSON channel is not JSON.', { cause })
  }
}
