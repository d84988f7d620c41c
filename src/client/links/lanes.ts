/** Publishes on their way over a link: in order in each channel, and none holds up those of another channel. */
import type { FrameId, PublishRequest } from '../../protocol/anywire-frame.js'
import type { ChannelName } from '../../protocol/name.js'

/** A publish as it is sent. */
export interface Parcel {
  readonly id: FrameId
  readonly text: string
  /** Of `text`, in UTF-8. */
  readonly bytes: number
}

export interface LanesOptions {
  /** Deliveries under way at most. */
  readonly most: number
  /** Deliveries of one channel under way at most, if there is room for so many more in all. */
  readonly ofChannel: (room: number) => number
  /** Publishes in one delivery at most. */
  readonly batch: number
  /** Resolves once the parcels, of one channel, are answered. Never rejects. */
  readonly deliver: (parcels: readonly Parcel[]) => Promise<unknown>
  /** This one is over `mostBytes`. */
  readonly refuse: (id: FrameId) => void
}

/** As `welcome` tells them. */
export interface FrameLimits {
  readonly maxFrameBytes: number
  readonly maxBinaryFrameBytes?: number | undefined
}

interface Lane {
  readonly waiting: Parcel[]
  underWay: number
}

const encoder = new TextEncoder()

export class Lanes {
  readonly #options: LanesOptions
  readonly #lanes = new Map<ChannelName, Lane>()
  #underWay = 0
  /** A publish may have so many bytes, and a delivery. */
  mostBytes = Number.POSITIVE_INFINITY
  /** The same of a publish of bytes. */
  mostBinaryBytes = Number.POSITIVE_INFINITY

  constructor(options: LanesOptions) {
    this.#options = options
  }

  /** What the server takes, less what is around it, and no more than went through before. */
  allow(
    { maxFrameBytes, maxBinaryFrameBytes = maxFrameBytes }: FrameLimits,
    envelopeBytes: number,
    most: number,
  ): void {
    this.mostBytes = Math.min(maxFrameBytes - envelopeBytes, most)
    this.mostBinaryBytes = Math.min(maxBinaryFrameBytes - envelopeBytes, most)
  }

  add(requests: readonly PublishRequest[]): void {
    for (const request of requests) {
      const { channel, id } = request
      const text = JSON.stringify(request)
      const bytes = encoder.encode(text).length
      if (bytes > (request.base64 === undefined ? this.mostBytes : this.mostBinaryBytes)) {
        this.#options.refuse(id!)
        continue
      }
      const lane = this.#lanes.get(channel) ?? { waiting: [], underWay: 0 }
      this.#lanes.set(channel, lane)
      lane.waiting.push({ id: id!, text, bytes })
    }
    this.#go()
  }

  #go(): void {
    const { most, ofChannel } = this.#options
    for (const [channel, lane] of this.#lanes)
      while (lane.waiting.length > 0 && lane.underWay < ofChannel(most - this.#underWay)) void this.#send(channel, lane)
  }

  async #send(channel: ChannelName, lane: Lane): Promise<void> {
    const { batch, deliver } = this.#options
    const { waiting } = lane
    let bytes = waiting[0]!.bytes
    let count = 1
    while (count < batch && count < waiting.length) {
      bytes += waiting[count]!.bytes + 1
      if (bytes > this.mostBytes) break
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
