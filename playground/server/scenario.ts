/** What the server side of a scenario is: rules for its channels, and what the server itself does in them. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Hub, Rules } from 'anywire'

export interface Scenario {
  /** The first segment of its page's path; none if another scenario's page, or the first page, shows it. */
  readonly page?: string
  readonly rules: Rules
  /** Begins the server's own part; answers what ends it. */
  start?(hub: Hub): () => void
  /** What it answers besides its channels, by the first segment of the path. A visitor whose network is cut does not reach it. */
  mounts?(hub: Hub): Readonly<Record<string, Mount>>
}

export interface Mount {
  handle(request: IncomingMessage, response: ServerResponse): unknown
  upgrade?(request: IncomingMessage, socket: Duplex, head: Buffer): unknown
}
