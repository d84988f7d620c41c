/** What an engine is given, and what it tells. */
import type { ServerFrame } from '../protocol/anywire-frame.js'
import type { AnywireError } from '../protocol/error.js'
import type { Json, Reading, Readings } from './link.js'
import type { Patience } from './patience.js'
import type { Policy } from './policy.js'
import type { State } from './stats.js'
import type { Times } from './times.js'

/** A server frame about the connection and the principal. */
export type Greeting = Extract<ServerFrame, { type: 'welcome' | 'authenticated' }>

export interface EngineOptions {
  readonly url: string
  readonly policy: Policy
  readonly times: Times
  readonly json: Json
  readonly patience: Patience
  /** Asks for a credential; undefined if there is none. */
  readonly token: () => Promise<string | undefined>
  /** Who the server is to take us for; undefined if that is not known, or may change. */
  readonly principal: () => string | undefined
  /** What is to be read. */
  readonly readings: Readings
  /** Answers whether the server takes us for whom we are: a link on which it does not is not used. */
  readonly greeted: (greeting: Greeting) => boolean
  /** Everything but what is between the engine and the server, with the reading that it answers. */
  readonly frame: (frame: ServerFrame, reading: Reading | undefined) => void
  /** With `open` for each link that is taken into use. */
  readonly changed: (state: State, error: AnywireError | undefined) => void
  /** So many bytes have come, on whichever link. */
  readonly received: (bytes: number) => void
  /** Something was decided about transports. */
  readonly decided: (sentence: string) => void
}
