/** What the page of the laboratory holds: a client of its own, a clock, and a lane for each form. */
import { type Client, connect } from 'anywire/client'
import type { Channels } from '../channels.js'
import { me } from '../shell/me.js'
import { Clock } from './clock.js'
import { clientForm, clientLane } from './forms/client.js'
import { durableSse } from './forms/durable-sse.js'
import { eventSource } from './forms/event-source.js'
import { mountOf } from './forms/form.js'
import { longPoll } from './forms/long-poll.js'
import { plainPoll } from './forms/plain-poll.js'
import { stream } from './forms/stream.js'
import { websocket } from './forms/websocket.js'
import { Lane } from './lane.js'

/** A browser opens six connections to a server: five of them are enough for a page. */
const begunBy: readonly string[] = [clientLane, 'websocket', 'event-source', 'stream', 'long-poll', 'plain-poll']

/** Here one breaks and mends a line to look at it: a better transport is tried again sooner than elsewhere. */
export const times = { demotedMs: 5_000, probeMs: 3_000 }

export class Laboratory {
  readonly client: Client<Channels> = connect<Channels>(mountOf(clientLane), { times })
  readonly clock = new Clock()
  readonly lanes: readonly Lane[] = [
    clientForm(this.client),
    websocket,
    eventSource,
    stream,
    longPoll,
    plainPoll,
    durableSse,
  ].map((form) => new Lane(form, this.clock))
  #channels = 0
  #wanted = new Set(begunBy)

  /** Reads so many channels, with the lanes that are wanted. */
  read(channels: number): void {
    if (channels === this.#channels) return
    this.#channels = channels
    for (const lane of this.lanes) this.#settle(lane)
  }

  toggle(lane: Lane): void {
    const { lane: name } = lane.form
    if (!this.#wanted.delete(name)) this.#wanted.add(name)
    this.#settle(lane)
  }

  isWanted(lane: Lane): boolean {
    return this.#wanted.has(lane.form.lane)
  }

  /** A page that nobody sees leaves its connections to others: but for the client's, which all tabs share. */
  rest(hidden: boolean): void {
    for (const lane of this.lanes.slice(1)) {
      if (hidden) lane.stop()
      else this.#settle(lane)
    }
  }

  end(): void {
    for (const lane of this.lanes) lane.stop()
    this.clock.end()
    void this.client.close()
  }

  #settle(lane: Lane): void {
    const names = Array.from({ length: this.#channels }, (_, i) => `laboratory/load/${me}/${i + 1}`)
    if (this.isWanted(lane) && names.length > 0) lane.start(names)
    else lane.stop()
  }
}
