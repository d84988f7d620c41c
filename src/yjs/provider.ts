/** `YjsProvider`: keeps a Yjs document and its awareness in step with their channels. */
import { Awareness } from 'y-protocols/awareness'
import * as Y from 'yjs'
import { createSignal, type Signal } from '../client/signal.js'
import { somebodyElse } from '../client/somebody-else.js'
import { AnywireError } from '../protocol/error.js'
import { awarenessOf } from '../protocol/y-awareness.js'
import { Edits } from './edits.js'
import { Kept } from './kept.js'
import { Presence } from './presence.js'
import type { YjsClient } from './yjs-client.js'

export interface YjsProviderOptions {
  /** The awareness of the document, for cursors and names. @default one of its own, destroyed with the provider */
  readonly awareness?: Awareness | undefined
  /**
   * Whether this browser keeps the document in the client's cache, and begins with what it has kept. The client needs
   * its option `cache`.
   * @default false
   */
  readonly cache?: boolean | undefined
}

/**
 * Reads a document from a channel that `hub.yjs` serves (`yjs/<room>`), and publishes what is changed here; the
 * awareness goes over `awareness/<channel>`.
 *
 * What is edited without a connection is in the document, and waits in the client's outbox, so that it survives a
 * reload; it merges when the connection is back. Where many wait for an answer, those of the next fifth of a second go
 * as one, and only then into the outbox. Whatever the log lacks of the document is published when it has been read:
 * what was edited before, kept elsewhere, or lost by the server.
 *
 * All tabs that share the client's connection read the channel once. The client stays open when the provider is
 * destroyed.
 */
export class YjsProvider {
  readonly doc: Y.Doc
  readonly awareness: Awareness
  readonly channel: string
  readonly #client: YjsClient
  readonly #synced = createSignal(false)
  readonly #asOf = createSignal<number | undefined>(undefined)
  readonly #error = createSignal<AnywireError | undefined>(undefined)
  readonly #edits: Edits
  readonly #presence: Presence
  readonly #kept: Kept | undefined
  readonly #ownAwareness: boolean
  #stop: () => void = () => undefined
  #destroyed = false
  /** When the log is read again, since the server lacks something; and how often in a row that was so. */
  #rereading: ReturnType<typeof setTimeout> | undefined
  #lacked = 0

  constructor(client: YjsClient, channel: string, doc: Y.Doc, { awareness, cache }: YjsProviderOptions = {}) {
    this.#client = client
    this.channel = channel
    this.doc = doc
    this.#ownAwareness = awareness === undefined
    this.awareness = awareness ?? new Awareness(doc)
    this.#kept = cache ? new Kept(client, channel, doc, this) : undefined
    // What outlasts the page is shown again by the next one.
    const publish = (update: Uint8Array, queued: () => void) =>
      client.publish(channel, update, { queued: () => void (this.#kept?.written ?? Promise.resolve()).then(queued) })
    this.#edits = new Edits(publish, this.#fails, undefined, this.#lacks)
    this.#edits.saved.subscribe((saved) => {
      if (saved) this.#lacked = 0
    })
    this.#presence = new Presence(client, awarenessOf(channel), this.awareness, this.#fails)
    doc.on('update', this.#edited)
    doc.on('destroy', this.destroy)
    if (this.#kept) void this.#restore(this.#kept)
    else this.#read()
  }

  /**
   * Whether the document holds all that the log held when it was read: false at first, and after a gap until it is read
   * anew. Without a connection it stays.
   */
  get synced(): Signal<boolean> {
    return this.#synced
  }

  /**
   * What was kept of the document in this browser was the newest then, in milliseconds since 1970. Undefined once it is
   * `synced`, and where nothing was kept.
   */
  get asOf(): Signal<number | undefined> {
    return this.#asOf
  }

  /** Whether the server has stored all that was edited here; never again once it has refused something for good. */
  get saved(): Signal<boolean> {
    return this.#edits.saved
  }

  /** Whether all that was edited here outlasts the page: it is stored, or waits in an outbox that is kept. */
  get kept(): Signal<boolean> {
    return this.#edits.kept
  }

  /**
   * What keeps the document from being read or stored for good: `forbidden` for an edit of who may only read, say. What
   * a reconnect mends is none.
   */
  get error(): Signal<AnywireError | undefined> {
    return this.#error
  }

  /**
   * Leaves: the others are told, nothing is read or published any more. What waits in the outbox is still sent. Later
   * calls do nothing.
   */
  readonly destroy = (): void => {
    if (this.#destroyed) return
    this.#destroyed = true
    clearTimeout(this.#rereading)
    this.#stop()
    this.#synced.set(false)
    this.doc.off('update', this.#edited)
    this.doc.off('destroy', this.destroy)
    this.#edits.close()
    this.#kept?.close()
    this.#presence.close()
    if (this.#ownAwareness) this.awareness.destroy()
  }

  readonly #fails = (thrown: unknown): void => {
    if (!this.#destroyed) this.#error.set(AnywireError.from(thrown))
  }

  /** The log is read again, and given what it lacks. After some times in a row that is given up. */
  readonly #lacks = (thrown: unknown): void => {
    if (this.#destroyed || this.#rereading !== undefined) return
    if (this.#lacked === mostLacked) return this.#fails(thrown)
    this.#rereading = setTimeout(
      () => {
        this.#rereading = undefined
        this.#again()
      },
      rereadMs * this.#lacked++,
    )
  }

  readonly #edited = (update: Uint8Array, origin: unknown): void => {
    if (origin !== this && origin !== this.#kept) this.#edits.add(update)
  }

  /** Begins with what is kept; with another's it never goes to the server. */
  async #restore(kept: Kept): Promise<void> {
    const isMine = await kept.restore((asOf) => this.#asOf.set(asOf))
    if (this.#destroyed) return
    if (isMine) return this.#read()
    this.#fails(somebodyElse())
    this.destroy()
  }

  /**
   * Reads the log: the newest of each key, and what comes. It stands where the log stood when it has come to what `now`
   * was.
   */
  #read(): void {
    const log = isEmpty(this.doc) ? undefined : new Y.Doc()
    let position = ''
    let head: string | undefined
    const arrived = () => {
      if (head === undefined || position < head || this.#synced.value || this.#destroyed) return
      if (log) this.#complete(log)
      this.#edits.complete()
      this.#synced.set(true)
      this.#asOf.set(undefined)
    }
    const reading = this.#client.subscribe(this.channel, { from: 'snapshot' }, (item) => {
      if (item.kind === 'gap') return this.#again()
      if (item.kind === 'problem') this.#fails(item.error)
      else if (item.data instanceof Uint8Array) this.#apply(item.data, this.#synced.value ? undefined : log)
      position = item.offset
      arrived()
    })
    const now = this.#client.subscribe(this.channel, { from: 'now' }, () => undefined)
    this.#stop = () => {
      reading.close()
      now.close()
      log?.destroy()
    }
    reading.opened.then((offset) => {
      if (position < offset) position = offset
      arrived()
    }, ignore)
    now.opened.then((offset) => {
      head = offset
      now.close()
      arrived()
    }, ignore)
    reading.closed.catch((thrown) => {
      this.#kept?.failed(thrown)
      this.#fails(thrown)
    })
    now.closed.catch(ignore)
  }

  #again(): void {
    this.#stop()
    this.#synced.set(false)
    this.#read()
  }

  #apply(update: Uint8Array, log: Y.Doc | undefined): void {
    try {
      Y.applyUpdate(this.doc, update, this)
      if (log) Y.applyUpdate(log, update)
    } catch (cause) {
      this.#fails(
        new AnywireError(
          'internal',
          `An update of "${this.channel}" could not be applied: ${cause instanceof Error ? cause.message : cause}`,
          { cause },
        ),
      )
    }
  }

  /** Publishes what the log does not have, unless it is on its way. */
  #complete(log: Y.Doc): void {
    for (const update of this.#edits.waiting) Y.applyUpdate(log, update)
    const missing = Y.encodeStateAsUpdate(this.doc, Y.encodeStateVector(log))
    if (!Y.snapshotContainsUpdate(Y.snapshot(log), missing)) this.#edits.add(missing)
  }
}

/** What the server lacks is sent so often in a row, with longer pauses. */
const mostLacked = 5
const rereadMs = 1_000

/** Nothing was ever written to it. */
function isEmpty(doc: Y.Doc): boolean {
  return doc.store.clients.size === 0 && doc.store.pendingStructs === null
}

function ignore(): void {}
