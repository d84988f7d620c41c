/** Publishes on their way over a link: in order in each channel, and none holds up those of another channel. */
import type { FrameId } from '../../protocol/anywire-frame.js'
import { AnywireError } from '../../protocol/error.js'
import type { ChannelName } from '../../protocol/name.js'
import { utf8Length } from '../bytes.js'
import type { LinkOptions, SentPublish } from '../link.js'

/** A publish as it is sent. */
export interface Parcel {
  readonly id: FrameId
  readonly text: string
  /** Of `text`, in UTF-8. */
  readonly bytes: number
}

export interface LanesOptions {
  /** Deliveries under way at most. */
  readonly max: number
  /** Deliveries of one channel under way at most. It takes no more than it leaves to the others. */
  readonly ofChannel: number
  /** Publishes in one delivery at most. */
  readonly batch: number
  /** Resolves once the parcels, of one channel, are answered. Never rejects. */
  readonly deliver: (parcels: readonly Parcel[]) => Promise<unknown>
}

type LaneLink = Pick<LinkOptions, 'events' | 'json'>

/** As in `welcome`. */
export interface FrameLimits {
  readonly maxFrameBytes: number
  readonly maxBinaryFrameBytes?: number | undefined
}

interface LinkLane {
  readonly waiting: Parcel[]
  underWay: number
}

export class LinkLanes {
  readonly #options: LanesOptions
  readonly #link: LaneLink
  readonly #lanes = new Map<ChannelName, LinkLane>()
  #underWay = 0
  /** A publish may have so many bytes, and a delivery. */
  #maxBytes = Number.POSITIVE_INFINITY
  /** The same of a publish of bytes. */
  #maxBinaryBytes = Number.POSITIVE_INFINITY

  constructor(options: LanesOptions, link: LaneLink) {
    this.#options = options
    this.#link = link
  }

  /** What the server takes, less what is around it, and no more than went through before. */
  allow({ maxFrameBytes, maxBinaryFrameBytes = maxFrameBytes }: FrameLimits, around: number, max: number): void {
    this.#maxBytes = Math.min(maxFrameBytes - around, max)
    this.#maxBinaryBytes = Math.min(maxBinaryFrameBytes - around, max)
  }

  add(requests: readonly SentPublish[]): void {
    for (const request of requests) {
      const { channel, id } = request
      const text = this.#link.json.stringify(request)
      const bytes = utf8Length(text)
      const max = request.base64 === undefined ? this.#maxBytes : this.#maxBinaryBytes
      if (bytes > max) {
        this.refuse(id, new AnywireError('too-large', `It has more than ${max} bytes as it is sent.`))
        continue
      }
      const lane = this.#lanes.get(channel) ?? { waiting: [], underWay: 0 }
      this.#lanes.set(channel, lane)
      lane.waiting.push({ id, text, bytes })
    }
    this.#go()
  }

  refuse(id: FrameId, error: AnywireError): void {
    this.#link.events.frame({ type: 'error', ...error.toJSON(), id })
  }

  #go(): void {
    const { max, ofChannel } = this.#options
    for (const [channel, lane] of this.#lanes)
      while (lane.waiting.length > 0 && lane.underWay < Math.min(ofChannel, max - this.#underWay))
        void this.#send(channel, lane)
  }

  async #send(channel: ChannelName, lane: LinkLane): Promise<void> {
    const { batch, deliver } = this.#options
    const { waiting } = lane
    let bytes = -1
    let count = 0
    for (const parcel of waiting) {
      bytes += parcel.bytes + 1
      if (count === batch || (count > 0 && bytes > this.#maxBytes)) break
      count++
    }
    lane.underWay++
    this.#underWay++
    await deliver(waiting.splice(0, count))
    lane.underWay--
    this.#underWay--
    // Last in the row from here on, so that a busy channel does not take every turn.
    this.#lanes.delete(channel)
    if (lane.underWay + waiting.length > 0) this.#lanes.set(channel, lane)
    this.#go()
  }
}
