/** The role of a member of a tab group, and the signals between all members. */
import type { ToCorePort } from './line.js'

export interface Role {
  readonly leads: boolean
  /** The leader's time in office. */
  readonly term: string
  readonly toCore: ToCorePort
  /** A signal of another member. */
  receive(signal: Signal): void
  /** Twice a second. */
  tick(): void
  /** The role ends. */
  leave(): void
}

export type Signal =
  /** Who leads? */
  | { readonly type: 'seek' }
  /** I lead. */
  | { readonly type: 'beat'; readonly term: string }
  /** Serve me, over the channel that is named as the turn is. */
  | { readonly type: 'join'; readonly term: string; readonly id: string; readonly turn: string }
