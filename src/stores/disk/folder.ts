/** A folder in this process: its files are opened once, however many stores use it, and all of these are woken. The options of the first one hold. */
import { mkdirSync, realpathSync } from 'node:fs'
import type { Wake } from '../../core/store.js'
import { AnywireError } from '../../protocol/error.js'
import { mintWhen } from '../rules/append.js'
import { type Bus, joinBus } from './bus.js'
import { DiskEngine } from './engine.js'
import { DiskLineage } from './lineage.js'
import { Names } from './names.js'
import type { DiskOptions } from './options.js'
import { step } from './step.js'
import { Sweeper, type Swept } from './sweeper.js'

type WakeListener = (wake: Wake) => void

/** Those that are open, and those that are being opened, by their paths. */
const folders = new Map<string, Promise<DiskFolder>>()

export async function openFolder(options: DiskOptions): Promise<DiskFolder> {
  const path = madeFolder(options.path)
  let opening = folders.get(path)
  if (!opening) {
    opening = DiskFolder.open(path, options)
    folders.set(path, opening)
    opening.catch(() => folders.delete(path))
  }
  const folder = await opening
  folder.users++
  return folder
}

/** The folder by its real path: LMDB must not be opened twice in a process. @throws AnywireError `bad-request` */
function madeFolder(path: string): string {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 })
    return realpathSync(path)
  } catch (cause) {
    throw new AnywireError('bad-request', `The folder "${path}" cannot be used: ${cause}`, { cause })
  }
}

export class DiskFolder implements Swept {
  readonly engine: DiskEngine
  readonly names: Names
  readonly lineage: DiskLineage
  readonly sweeper: Sweeper
  users = 0
  readonly #path: string
  readonly #bus: Bus
  readonly #listeners = new Set<WakeListener>()

  private constructor(path: string, engine: DiskEngine, bus: Bus, options: DiskOptions) {
    const { now = Date.now, maxBytes = 68_719_476_736, maxChannels = 1_000_000, maxTombstones = 1_000_000 } = options
    this.#path = path
    this.engine = engine
    this.#bus = bus
    this.lineage = new DiskLineage(engine)
    this.names = new Names({ engine, lineage: this.lineage, now, maxBytes, maxChannels, maxTombstones })
    this.sweeper = new Sweeper(this)
  }

  static async open(path: string, options: DiskOptions): Promise<DiskFolder> {
    const { shared = false, now = Date.now } = options
    const bus = await joinBus(path, shared)
    try {
      const folder = new DiskFolder(path, await DiskEngine.open(path, () => mintWhen(now(), 0, step())), bus, options)
      bus.listen((wake) => folder.#hear(wake))
      return folder
    } catch (thrown) {
      bus.close()
      throw thrown
    }
  }

  /** As `Engine.commit`; what `work` wakes for is told once it is on the disk, in the order of the commits. */
  async commit<T>(work: (wake: (wake: Wake) => void) => T): Promise<T> {
    let wakes: Wake[] = []
    const result = await this.engine.commit(() => {
      wakes = []
      const done = work((wake) => wakes.push(wake))
      // Whatever asked for them: who follows a channel that has expired is told.
      const expired = this.names.takeExpired().map((channel) => ({ kind: 'changed', channel }) as const)
      wakes.unshift(...expired)
      return done
    })
    for (const wake of wakes) this.#wake(wake)
    return result
  }

  watch(listener: WakeListener): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  async leave(): Promise<void> {
    if (--this.users > 0) return
    folders.delete(this.#path)
    this.sweeper.close()
    this.#bus.close()
    await this.engine.close()
  }

  #wake(wake: Wake): void {
    for (const listener of this.#listeners) listener(wake)
    this.#bus.tell(wake)
  }

  /** Another process has written. */
  #hear(wake: Wake): void {
    this.engine.refresh()
    for (const listener of this.#listeners) listener(wake)
  }
}
