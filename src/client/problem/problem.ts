/** What is wrong, for the developers of a page or program. Its parts are loaded when there is need of them. */

export type ProblemCode =
  /** Nothing answers there, or the network is gone. */
  | 'unreachable'
  /** What answers does not let this page read its answers: CORS. */
  | 'origin'
  /** The page's own Content-Security-Policy, or https around http, forbids the connection. */
  | 'policy'
  /** What answers is no Anywire hub. */
  | 'no-hub'
  /** The hub refuses the client. */
  | 'refused'
  /** The hub answers requests, and no connection holds. */
  | 'unstable'
  /** It works, and WebSockets do not get through to a server on this machine. */
  | 'no-websocket'

/** Why there is no connection, and what to do about it. */
export interface Problem {
  readonly code: ProblemCode
  /** A sentence or more for developers: what was seen, and what to do. It may change between versions. */
  readonly message: string
}
