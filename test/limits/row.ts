/** A row of the table of limits: what somebody does who goes to the edge of a limit and past it, and what that may cost. */
import type { HubProcess, ProcessOptions } from '../support/process/hub-process.js'

/**
 * To add rows, put a file `<subject>.rows.ts` beside this one whose default export is a list of them. `limits.test.ts` runs whatever it finds.
 */
export interface EdgeRow {
  /** Which limit, and what is done to it. */
  readonly name: string
  readonly hub?: ProcessOptions
  /** Goes to the edge and past it. It resolves when all was sent, and throws where an answer is not the right one. */
  act(hub: HubProcess): Promise<void>
  /** What is to hold afterwards, while the sockets of `act` are still open. */
  after?(hub: HubProcess): Promise<void>
  /** Longest block of the loop. Generous: several times what it takes on a slow machine. @default 500 */
  readonly mostBlockedMs?: number
  /** How far memory may grow. @default 100 MB */
  readonly mostGrownBytes?: number
  /** What `onError` may hear. @default nothing */
  readonly mayReport?: boolean
}

export const rowDefaults = { mostBlockedMs: 500, mostGrownBytes: 100e6 }
