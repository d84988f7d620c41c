/** A store that outlives its pages, as IndexedDB does: writes are done later, in order, and a page that crashes loses those that are not done. */
import type { DraftKey, KeptDraft, OutboxStore, Slot } from '../../src/client/outbox-store.js'
import type { Random } from '../hostile/random.js'

export interface OpenDisk extends OutboxStore {
  /** The page is gone, with what it has not yet written. */
  crash(): void
}

export class Disk {
  readonly #random: Random
  readonly #slots = new Map<string, Slot>()
  readonly #held = new Set<string>()
  #drafts: KeptDraft[] = []

  constructor(random: Random) {
    this.#random = random
  }

  get size(): number {
    return this.#drafts.length
  }

  open(): OpenDisk {
    const fresh = `producer ${this.#slots.size}`
    const mine = [...this.#slots.keys(), fresh].find((slot) => !this.#held.has(slot))!
    const own = { ...(this.#slots.get(mine) ?? { key: [mine, 0] as const, epoch: 0 }) }
    own.epoch++
    this.#slots.set(mine, { ...own })
    const drafts = this.#drafts.filter(({ key }) => !this.#held.has(key[0]))
    const slots = new Map([[mine, own], ...drafts.map(({ key }) => this.#copy(key[0], own))])
    for (const slot of slots.keys()) this.#held.add(slot)
    return this.#opened(own, slots, drafts)
  }

  #copy(slot: string, own: Slot): [string, Slot] {
    return [slot, slot === own.key[0] ? own : { ...this.#slots.get(slot)! }]
  }

  #opened(own: Slot, slots: ReadonlyMap<string, Slot>, drafts: readonly KeptDraft[]): OpenDisk {
    let place = Math.max(0, ...this.#drafts.filter(({ key }) => key[0] === own.key[0]).map(({ key }) => key[1]))
    let gone = false
    let written = Promise.resolve()
    const write = (change: () => void): Promise<boolean> => {
      const turns = this.#random.pick([0, 1, 2, 50])
      const writing = written.then(async () => {
        for (let i = 0; i < turns; i++) await new Promise((resolve) => setImmediate(resolve))
        if (!gone) change()
        return !gone
      })
      written = writing.then(() => undefined)
      return writing
    }
    const leave = () => {
      for (const slot of slots.keys()) this.#held.delete(slot)
    }
    return {
      own,
      slots: [...slots.values()],
      left: Promise.resolve(drafts),
      key: () => [own.key[0], ++place],
      put: (kept, slot) => {
        const copies = kept.map(({ key, draft, epoch, seq }) => ({ key, draft, epoch, seq }))
        const copy = slot && { ...slot }
        return write(() => {
          for (const one of copies) this.#put(one)
          if (copy) this.#slots.set(copy.key[0], copy)
        })
      },
      remove: (key) => write(() => this.#remove(key)),
      close: () => void written.then(leave),
      crash() {
        gone = true
        leave()
      },
    }
  }

  #put(kept: KeptDraft): void {
    this.#remove(kept.key)
    this.#drafts.push(kept)
    this.#drafts.sort((a, b) => a.key[0].localeCompare(b.key[0]) || a.key[1] - b.key[1])
  }

  #remove(key: DraftKey): void {
    this.#drafts = this.#drafts.filter((one) => one.key[0] !== key[0] || one.key[1] !== key[1])
  }
}
