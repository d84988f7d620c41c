/** Where a fork cuts its source [Durable Streams §4.2], decided by stores alike. */
import type { Fork } from '../../core/store.js'
import { kindOf } from '../../protocol/message.js'
import type { ChannelName } from '../../protocol/name.js'
import { type Offset, whenOf, zeroOffset } from '../../protocol/offset.js'

/** The log of a source. Its messages have places, one after the other. */
export interface ForkSource<Message> {
  readonly channel: ChannelName
  readonly contentType: string
  readonly floor: Offset
  readonly head: Offset
  /** The place before that of the first message that is kept. */
  readonly start: number
  /** The place of the last message that is not after a position, or why that is none of this log. */
  locate(offset: Offset): number | 'trimmed' | 'reset'
  /** Undefined: there is none at this place. */
  at(place: number): SourceMessage<Message> | undefined
}

export interface SourceMessage<Message> {
  readonly offset: Offset
  readonly data: Uint8Array | undefined
  /** As the store has it. */
  readonly message: Message
}

/** After the message at this place, and perhaps so many bytes of the next one. */
export interface ForkCut<Message> {
  readonly place: number
  /** The position that `offset` named. */
  readonly resolved: Offset
  /** The message cut in two, and how many of its bytes belong to the fork. */
  readonly part?: { readonly message: Message; readonly bytes: number }
}

/** Answers why the fork cannot be made there, or where it is. */
export function cutAt<Message>(
  source: ForkSource<Message>,
  { offset, subOffset = 0 }: Pick<Fork, 'offset' | 'subOffset'>,
): ForkCut<Message> | string {
  const { channel, contentType, floor, head, start } = source
  const asked = offset ?? head
  const place = asked === zeroOffset || asked === '-1' ? start : source.locate(asked)
  if (place === 'trimmed') return `The offset ${asked} is older than what "${channel}" keeps.`
  if (place === 'reset') return `The offset ${asked} is no position of "${channel}".`
  const resolved = place === start ? floor : (source.at(place)?.offset ?? floor)
  if (subOffset === 0) return { place, resolved }
  const next = source.at(place + 1)
  if (!next) return `Nothing follows ${resolved} in "${channel}", so there is no sub-offset ${subOffset}.`
  if (kindOf(contentType) !== 'json') return cutInMessage(next, place, subOffset, resolved)
  const last = source.at(place + subOffset)
  if (last && whenOf(last.offset) === whenOf(next.offset)) return { place: place + subOffset, resolved }
  return `The append after ${resolved} has fewer than ${subOffset} messages.`
}

function cutInMessage<Message>(
  { data, message }: SourceMessage<Message>,
  place: number,
  bytes: number,
  resolved: Offset,
): ForkCut<Message> | string {
  const length = data?.byteLength ?? 0
  if (bytes > length) return `The message after ${resolved} has ${length} bytes, fewer than ${bytes}.`
  if (bytes === length) return { place: place + 1, resolved }
  return { place, resolved, part: { message, bytes } }
}
