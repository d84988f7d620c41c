/** What a member of a crew is at a time, and what the members tell all others. */
import type { ToCorePort } from './line.js'

export interface Role {
  readonly leads: boolean
  /** The leader's time in office. */
  readonly term: string
  readonly toCore: ToCorePort
  /** What another member told all. */
  receive(signal: Signal): void
  /** Twice a second. */
  tick(): void
  /** It is something else from here on. */
  leave(): void
}

export type Signal =
  /** Who leads? */
  | { readonly type: 'seek' }
  /** I lead. */
  | { readonly type: 'beat'; readonly term: string }
  /** Serve me, over the channel that is named as the turn is. */
  | { readonly type: 'join'; readonly term: string; readonly id: string; readonly turn: string }
