/** The faults that can be asked for, and what is counted of them. */

/** How a connection is ended: as a program closes it, or as a broken one does. */
export type Ending = 'fin' | 'reset'

/** Which connections a fault is for. */
export type Which = 'all' | 'websockets' | 'streams' | 'http'

/**
 * What happens to a WebSocket that is asked for from now on. `black-hole`: the connection is taken and the handshake never answered;
 * `mute`: the handshake goes through and nothing after it does; `refuse`: this status instead of 101; `killAfterMs`: ended so long after it opened, each one.
 */
export type WebSocketFault =
  | 'pass'
  | 'black-hole'
  | 'mute'
  | { readonly refuse: number }
  | { readonly killAfterMs: number; readonly how?: Ending }

/** Bodies without a length are held until so many bytes are here, or the end. */
export interface Buffering {
  /** @default Infinity: until the end */
  readonly bytes?: number
  /** Whether the head passes at once. @default true */
  readonly head?: boolean
}

/** An HTTP request as the proxy sees it. */
export interface Seen {
  readonly method: string
  /** Path and query. */
  readonly url: string
  readonly headers: ReadonlyMap<string, string>
  /** The body as it was spelt. */
  readonly body: string
  /** Asks for a WebSocket. */
  readonly upgrade: boolean
}

/** What happens to single requests. */
export type RequestFault =
  /** Answered here, and never seen by the server. */
  | { readonly kind: 'status'; readonly code: number; readonly headers: Readonly<Record<string, string>> }
  /** The server does as asked, and the client's connection ends in place of the answer. */
  | { readonly kind: 'lose'; readonly how: Ending }
  /** Reaches the server twice, one after the other; the client hears one of the answers. */
  | { readonly kind: 'double'; readonly answer: 'first' | 'second' }

export interface ForRequests {
  /** Those it is for. @default all but those for a WebSocket */
  readonly match?: (request: Seen) => boolean
  /** How many of them. @default 1 */
  readonly times?: number
}

/** How often each thing was done or seen. */
export interface Counts {
  /** Connections taken. */
  connections: number
  /** Connections ended at once. */
  refused: number
  /** Requests seen whole, with those for a WebSocket. */
  requests: number
  /** WebSockets asked for … */
  upgrades: number
  /** … and opened by the server. */
  websockets: number
  upgradesRefused: number
  upgradesSwallowed: number
  muted: number
  /** WebSockets ended after their time. */
  killed: number
  /** Connections cut by command. */
  cut: number
  /** Cut in the middle of what the server sent. */
  truncated: number
  halfOpened: number
  /** Commands to stall. */
  stalls: number
  /** Answers given in place of the server. */
  statuses: number
  /** Answers dropped. */
  lost: number
  /** Requests delivered twice. */
  doubled: number
  /** Answers that were held back. */
  buffered: number
}

export function noCounts(): Counts {
  return {
    connections: 0,
    refused: 0,
    requests: 0,
    upgrades: 0,
    websockets: 0,
    upgradesRefused: 0,
    upgradesSwallowed: 0,
    muted: 0,
    killed: 0,
    cut: 0,
    truncated: 0,
    halfOpened: 0,
    stalls: 0,
    statuses: 0,
    lost: 0,
    doubled: 0,
    buffered: 0,
  }
}
