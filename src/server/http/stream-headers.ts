/** The request headers of Durable Streams and ours, read and checked. [DS §4, §5.2] */
import type { IncomingMessage } from 'node:http'
import type { Fork, Producer } from '../../core/store.js'
import { AnywireError } from '../../protocol/error.js'
import { type ChannelName, nameFromPath } from '../../protocol/name.js'
import { isOffset, zeroOffset } from '../../protocol/offset.js'
import { header, isUnder } from './target.js'

const wholeNumber = /^\d+$/
const ttl = /^(0|[1-9]\d*)$/
/** RFC 3339 §5.6, with the zone that makes it a moment. */
const moment = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/i

/** Only the value `true`, in any case, closes. */
export function closes(request: IncomingMessage): boolean {
  return header(request, 'stream-closed')?.toLowerCase() === 'true'
}

/** @throws AnywireError `bad-request` if some but not all of the three came, or one is malformed. */
export function producerOf(request: IncomingMessage): Producer | undefined {
  const id = header(request, 'producer-id')
  const epoch = header(request, 'producer-epoch')
  const seq = header(request, 'producer-seq')
  if (id === undefined && epoch === undefined && seq === undefined) return undefined
  if (id === undefined || epoch === undefined || seq === undefined)
    throw new AnywireError('bad-request', 'A producer needs all three of Producer-Id, Producer-Epoch and Producer-Seq.')
  if (id === '') throw new AnywireError('bad-request', 'Producer-Id is empty.')
  return { id, epoch: count(epoch, 'Producer-Epoch'), seq: count(seq, 'Producer-Seq') }
}

export interface Lifetime {
  readonly ttlSeconds?: number
  readonly expiresAt?: number
}

/** @throws AnywireError `bad-request` for both at once or a malformed one. */
export function lifetimeOf(request: IncomingMessage): Lifetime {
  const seconds = header(request, 'stream-ttl')
  const at = header(request, 'stream-expires-at')
  if (seconds !== undefined && at !== undefined)
    throw new AnywireError('bad-request', 'Send Stream-TTL or Stream-Expires-At, not both.')
  if (seconds !== undefined) {
    if (ttl.test(seconds) && Number.isSafeInteger(Number(seconds))) return { ttlSeconds: Number(seconds) }
    throw new AnywireError('bad-request', 'Stream-TTL must be a whole number of seconds without sign or leading zeros.')
  }
  if (at === undefined) return {}
  const expiresAt = moment.test(at) ? Date.parse(at) : Number.NaN
  if (Number.isNaN(expiresAt))
    throw new AnywireError('bad-request', 'Stream-Expires-At must be a date and time of RFC 3339 with a zone.')
  return { expiresAt }
}

/** @throws AnywireError `bad-request` for headers that do not go together or are malformed. */
export function forkOf(request: IncomingMessage, mount: string, nameBytes: number): Fork | undefined {
  const from = header(request, 'stream-forked-from')
  const offset = header(request, 'stream-fork-offset')
  const sub = header(request, 'stream-fork-sub-offset')
  if (from === undefined) {
    if (offset === undefined && sub === undefined) return undefined
    throw new AnywireError('bad-request', 'Stream-Fork-Offset and Stream-Fork-Sub-Offset need Stream-Forked-From.')
  }
  if (offset !== undefined && offset !== '-1' && !isOffset(offset))
    throw new AnywireError('bad-request', 'Stream-Fork-Offset must be an offset of the source.')
  const subOffset = sub === undefined ? undefined : subOffsetOf(sub)
  if (subOffset !== undefined && subOffset > 0 && offset === undefined)
    throw new AnywireError('bad-request', 'Stream-Fork-Sub-Offset needs Stream-Fork-Offset.')
  return { source: sourceOf(from, mount, nameBytes), offset: offset === '-1' ? zeroOffset : offset, subOffset }
}

/** `Message-Key` and `Message-Event`: percent-encoded UTF-8. */
export function messageField(request: IncomingMessage, name: 'message-key' | 'message-event'): string | undefined {
  const text = header(request, name)
  if (text === undefined) return undefined
  try {
    return decodeURIComponent(text)
  } catch (cause) {
    throw new AnywireError(
      'bad-request',
      `${name === 'message-key' ? 'Message-Key' : 'Message-Event'} is not percent-encoded UTF-8.`,
      { cause },
    )
  }
}

/** The source of a fork: a path under the mount, or a channel's name. */
function sourceOf(from: string, mount: string, nameBytes: number): ChannelName {
  const absolute = /^https?:\/\//i.test(from)
  if (absolute && !URL.canParse(from))
    throw new AnywireError('bad-request', 'Stream-Forked-From must be the URL, the path or the name of a channel.')
  const path = absolute ? new URL(from).pathname : from
  if (isUnder(path, mount)) return nameFromPath(path.slice(mount.length + 1), nameBytes)
  return nameFromPath(path.startsWith('/') ? path.slice(1) : path, nameBytes)
}

function subOffsetOf(text: string): number {
  if (ttl.test(text) && Number.isSafeInteger(Number(text))) return Number(text)
  throw new AnywireError('bad-request', 'Stream-Fork-Sub-Offset must be a whole number without sign or leading zeros.')
}

function count(text: string, name: string): number {
  const value = Number(text)
  if (wholeNumber.test(text) && Number.isSafeInteger(value)) return value
  throw new AnywireError('bad-request', `${name} must be a whole number from 0 to 2^53-1.`)
}
