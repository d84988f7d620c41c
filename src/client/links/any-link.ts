/** What the links have in common: measuring, publishes in lanes, and one call when the link is lost. */
import type { AnywireError } from '../../protocol/error.js'
import { wallMs } from '../clock.js'
import type { LinkOptions, SentPublish } from '../link.js'
import type { Liveness } from '../liveness.js'
import { roundTrip } from '../patience.js'
import type { LinkLanes } from './lanes.js'

export abstract class AnyLink {
  connectMs = 0
  roundTripMs = 0
  aheadMs: number | undefined
  protected readonly options: LinkOptions
  protected abstract readonly lanes: LinkLanes
  protected abstract readonly liveness: Liveness
  protected over = false
  protected began = performance.now()

  constructor(options: LinkOptions) {
    this.options = options
  }

  publish(requests: readonly SentPublish[]): void {
    this.lanes.add(requests)
  }

  close(): void {
    this.over = true
    this.liveness.stop()
  }

  protected lose(error: AnywireError, largestBytes?: number): void {
    if (this.over) return
    this.close()
    this.options.events.lost(error, largestBytes)
  }

  /** A round trip has ended; the server read its clock in the middle of it. */
  protected returned(sentAt: number, serverMicros: number): void {
    this.roundTripMs = performance.now() - sentAt
    this.options.patience.took(roundTrip, this.roundTripMs)
    this.aheadMs = serverMicros / 1000 - (wallMs() - this.roundTripMs / 2)
  }

  /** The transport carries both ways. */
  protected prove(): void {
    if (this.connectMs) return
    this.connectMs = performance.now() - this.began
    this.options.events.proven()
  }
}
