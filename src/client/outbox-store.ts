/** Where the outbox keeps what waits: memory, or what a reload does not lose (kept-store.ts). */
import type { ChannelName } from '../protocol/name.js'
import { freshName } from './tabs/line.js'

/** What is to be published. Neither `data` nor `base64`: a tombstone of its key. */
export interface Draft {
  readonly channel: ChannelName
  /** Any JSON value. */
  readonly data?: unknown
  readonly base64?: string | undefined
  readonly event?: string | undefined
  readonly key?: string | undefined
}

/**
 * A slot has its producer and 0. A draft has the epoch in which its page began, and its place among the drafts of that
 * page.
 */
export type DraftKey = readonly [producer: string, epoch: number, place?: number]

/** A producer: one page at a time publishes as it. */
export interface Slot {
  /** Sorted before those of its drafts. */
  readonly key: DraftKey
  /** The owner of these drafts. Undefined until a page has learnt who its user is. */
  owner?: string | undefined
  /** The newest epoch that was begun. */
  epoch: number
}

/** A draft with the number under which it is sent. */
export interface KeptDraft {
  readonly key: DraftKey
  readonly draft: Draft
  readonly epoch: number
  readonly seq: number
}

export interface OutboxStore {
  /** As whom this page publishes; its epoch is one that nothing was sent under. */
  readonly own: Slot
  /** That one, and those of what is `left`. */
  readonly slots: readonly Slot[]
  /** What earlier pages left to this user, in order. Resolves once the user is known. MUST NOT reject. */
  readonly left: Promise<readonly KeptDraft[]>
  /** A key of the own slot that was not used before, behind all that were. */
  key(): DraftKey
  /**
   * Writes are done in the order of the calls, each wholly or not at all. Answers whether it survives a reload. MUST
   * settle, and MUST NOT reject.
   */
  put(kept: readonly KeptDraft[], slot?: Slot): Promise<boolean>
  /** As `put`. */
  remove(key: DraftKey): Promise<unknown>
  close(): void
}

/** Who the user of a page is. */
export interface OutboxOwner {
  /** Settles when it is known. Undefined: it cannot be known, and nothing is kept. */
  readonly name: Promise<string | undefined>
  /** Settles when that is known (true), or will take its time (false), for the server is away. */
  readonly inTime: Promise<boolean>
  /** Who it was last. */
  readonly guess: string | undefined
}

/** Where a reload loses nothing. */
export interface KeptPlace {
  /** The name of the database. */
  readonly database: string
  readonly owner: OutboxOwner
}

/** Memory: every write fails, for nothing in it survives a reload. */
export class MemoryOutbox implements OutboxStore {
  #places = 0
  // Begins with the time, so that what earlier pages left is in the order of the pages.
  own: Slot = { key: [`${Date.now()} ${freshName()}`, 0], epoch: 0 }
  /** The epoch that no earlier page has used: part of the keys of this page's drafts. 0 until it may keep any. */
  firstEpoch = 0
  slots: readonly Slot[] = [this.own]
  left: Promise<readonly KeptDraft[]> = Promise.resolve([])

  key(): DraftKey {
    return [this.own.key[0], this.firstEpoch, ++this.#places]
  }

  put(_kept: readonly KeptDraft[], _slot?: Slot): Promise<boolean> {
    return Promise.resolve(false)
  }

  remove(_key: DraftKey): Promise<unknown> {
    return Promise.resolve()
  }

  close(): void {}
}
