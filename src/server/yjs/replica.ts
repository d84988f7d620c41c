/** A document as its channel has it: the updates that are kept, and what they make together. */
import type { Doc } from 'yjs'
import type { Limit, ReadResult, Store } from '../../core/store.js'
import type { Message } from '../../protocol/message.js'
import type { ChannelName } from '../../protocol/name.js'
import type { Offset } from '../../protocol/offset.js'
import type { Yjs } from './yjs.js'

export class Replica {
  /** By key. */
  readonly updates = new Map<string, Uint8Array>()
  doc: Doc
  readonly #yjs: Yjs
  readonly #store: Pick<Store, 'read' | 'snapshot'>
  readonly #channel: ChannelName
  readonly #limit: Limit
  #position: Offset | undefined
  #turn: Promise<void> = Promise.resolve()

  constructor(yjs: Yjs, store: Pick<Store, 'read' | 'snapshot'>, channel: ChannelName, limit: Limit) {
    this.#yjs = yjs
    this.#store = store
    this.#channel = channel
    this.#limit = limit
    this.doc = new yjs.Doc()
  }

  /** Reads on to the head. @throws what the store throws. */
  refresh(): Promise<void> {
    const turn = this.#turn.then(() => this.#read())
    this.#turn = turn.catch(() => undefined)
    return turn
  }

  /** Whether the document holds all that an update says. */
  contains(update: Uint8Array): boolean {
    return this.#yjs.snapshotContainsUpdate(this.#yjs.snapshot(this.doc), update)
  }

  async #read(): Promise<void> {
    while (this.#position !== undefined) {
      const page = await this.#store.read(this.#channel, { kind: 'at', offset: this.#position }, this.#limit)
      if (page.kind !== 'page') this.#forget()
      else if (this.#take(page)) return
    }
    let after: Offset | undefined
    let until: Offset | undefined
    for (;;) {
      const page = await this.#store.snapshot(this.#channel, after, until, this.#limit)
      if (page.kind === 'gone') return
      if (page.kind === 'gap') after = until = undefined
      else {
        until ??= page.info.head
        if (this.#take(page)) return
        after = page.to
      }
    }
  }

  /** Answers whether that was all. A snapshot is not a position before it is complete. */
  #take(page: Extract<ReadResult, { kind: 'page' }>): boolean {
    this.doc.transact(() => {
      for (const message of page.messages) this.#add(message)
    })
    if (this.#position !== undefined || page.upToDate) this.#position = page.to
    return page.upToDate
  }

  #add({ key, data }: Message): void {
    if (key === undefined) return
    if (data === undefined) {
      this.updates.delete(key)
      return
    }
    try {
      this.#yjs.applyUpdate(this.doc, data)
      this.updates.set(key, data)
    } catch {
      // It is well-formed, and contradicts the document: nobody can apply it, so it is not merged with what others can.
    }
  }

  #forget(): void {
    this.#position = undefined
    this.updates.clear()
    this.doc.destroy()
    this.doc = new this.#yjs.Doc()
  }
}
