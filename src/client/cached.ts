/** What the application is told of what this browser keeps of channels. */
import type { Slow } from '../protocol/anywire-frame.js'
import type { AnywireError } from '../protocol/error.js'
import type { MessageItem } from './item.js'
import type { Signal } from './signal.js'

export interface CacheLimits {
  /**
   * How many pages of channels, and documents, are kept: those shown last.
   * @default 100
   * @unit channels
   */
  readonly maxChannels?: number | undefined
  /**
   * How large they may be together. One that is larger by itself is not kept.
   * @default 16_777_216
   * @unit bytes
   */
  readonly maxBytes?: number | undefined
}

export interface PageOptions {
  /** `last-N`: the newest N messages, 1,000 at most; `snapshot`: the newest of each key. @default 'last-100' */
  readonly from?: string | undefined
  /** As that of `client.subscribe`. @default 'catch-up' */
  readonly slow?: Slow | undefined
  /** As that of `client.subscribe`. @default whenever there are some @unit writes/s */
  readonly rate?: number | undefined
}

export interface PageView<Data = unknown> {
  /** Oldest first. */
  readonly messages: readonly MessageItem<Data>[]
  /**
   * They were the newest then, in milliseconds since 1970 by this browser's clock: they come from the cache, and the
   * server has not answered since. Undefined: they are what the server says.
   */
  readonly asOf: number | undefined
}

/** The newest page of a channel, as it stands. */
export interface CachedPage<Data = unknown> extends AsyncDisposable {
  readonly channel: string
  /** Undefined before the cache or the server has said anything. */
  readonly view: Signal<PageView<Data> | undefined>
  /**
   * Resolves when it is over: left, or the channel was closed and read to its end. See to its rejection.
   * @throws AnywireError what the server refuses for good. Nothing is kept of the channel then.
   */
  readonly closed: Promise<void>
  /** Ends the reading. What was shown stays kept. */
  close(): void
}

/** A document of Yjs that is kept: updates that make it up. */
export interface CachedDocument {
  /** Everything that is kept of it. */
  readonly updates: readonly Uint8Array[]
  /** It was the newest then, in milliseconds since 1970; undefined if nothing is kept. */
  readonly asOf: number | undefined
  /** Whether it is this principal's: resolves once the server has said who that is. */
  readonly confirmed: Promise<boolean>
  /**
   * Keeps one more update. Resolves when it outlasts the page, or cannot be kept. `isNewest`: the document is as the
   * server has it.
   */
  add(update: Uint8Array, isNewest: boolean): Promise<void>
  /** What ended the reading: nothing is kept of a document that may not be read. */
  failed(error: AnywireError): void
}

/** How the parts of a document become one. */
export interface DocumentParts {
  /** All of it as it is here. */
  readonly whole: () => Uint8Array
  readonly merge: (updates: readonly Uint8Array[]) => Uint8Array
}

/** What this browser keeps, of one principal. */
export interface Cache {
  /** Reads the newest page of a channel. What is kept of it is shown until the server answers. */
  page<Data = unknown>(channel: string, options?: PageOptions): CachedPage<Data>
  /** What is kept of a document; for providers. */
  document(channel: string, parts: DocumentParts): Promise<CachedDocument>
  /** Deletes all that is kept, as is right when the user signs out. What is shown stays. */
  clear(): Promise<void>
}
