/** A document in the cache of the client: what was kept of it, and what comes. */
import * as Y from 'yjs'
import type { CachedDocument } from '../client/cached.js'
import type { AnywireError } from '../protocol/error.js'
import type { YjsClient } from './yjs-client.js'

/** What others edit is kept so often; what is edited here at once. */
const pauseMs = 1_000

export class Kept {
  readonly #client: YjsClient
  readonly #doc: Y.Doc
  /** The origin of what comes from the server. */
  readonly #provider: object
  readonly #document: Promise<CachedDocument | undefined>
  #written: Promise<unknown>
  /** What others have edited since it was written last. */
  #theirs: Uint8Array[] = []
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(client: YjsClient, channel: string, doc: Y.Doc, provider: object) {
    this.#client = client
    this.#doc = doc
    this.#provider = provider
    this.#document = opened(client, channel, doc).catch(() => undefined)
    this.#written = this.#document
    doc.on('update', this.#edited)
    globalThis.addEventListener?.('pagehide', this.#flush)
  }

  /** Resolves when all that was edited here by now is kept, or cannot be. */
  get written(): Promise<unknown> {
    return this.#written
  }

  /**
   * Gives the document what was kept of it, with this as the origin, and tells `since` when that was the newest.
   * Answers, once the server has said who we are, whether it is ours.
   */
  async restore(since: (at: number) => void): Promise<boolean> {
    const kept = await this.#document
    if (!kept || kept.updates.length === 0) return true
    try {
      Y.applyUpdate(this.#doc, Y.mergeUpdates([...kept.updates]), this)
    } catch {
      // What cannot be read is as if it were not there.
      return true
    }
    if (kept.asOf !== undefined) since(kept.asOf)
    return kept.confirmed
  }

  failed(error: AnywireError): void {
    void this.#document.then((kept) => kept?.failed(error))
  }

  close(): void {
    this.#flush()
    this.#doc.off('update', this.#edited)
    globalThis.removeEventListener?.('pagehide', this.#flush)
  }

  readonly #edited = (update: Uint8Array, origin: unknown): void => {
    if (origin === this) return
    if (origin !== this.#provider) return this.#write(update)
    this.#theirs.push(update)
    this.#timer ??= setTimeout(this.#flush, pauseMs)
  }

  readonly #flush = (): void => {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#theirs.length > 0) this.#write(Y.mergeUpdates(this.#theirs))
    this.#theirs = []
  }

  #write(update: Uint8Array): void {
    const isNewest = this.#client.state.value === 'open'
    const written = this.#document.then((kept) => kept?.add(update, isNewest))
    this.#written = Promise.all([this.#written, written])
  }
}

async function opened(client: YjsClient, channel: string, doc: Y.Doc): Promise<CachedDocument | undefined> {
  const cache = await client.cache?.()
  return cache?.document(channel, { whole: () => Y.encodeStateAsUpdate(doc), merge })
}

/** As a document, so that what was deleted takes no room. */
function merge(updates: readonly Uint8Array[]): Uint8Array {
  const doc = new Y.Doc()
  for (const update of updates) Y.applyUpdate(doc, update)
  const whole = Y.encodeStateAsUpdate(doc)
  doc.destroy()
  return whole
}
