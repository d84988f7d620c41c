/** A folder in this process: its files are opened once, however many stores use it. The first one's options hold. */
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

/** One that is open, or is being opened. */
interface FolderUse {
  readonly path: string
  readonly folder: Promise<DiskFolder>
  users: number
}

const inUse = new Map<string, FolderUse>()
/**
 * Those that are being closed, by their paths. LMDB must not be opened a second time in a process: its opening would
 * stop the process until a commit ends that the process itself has to end.
 */
const closings = new Map<string, Promise<void>>()

/** The folder, and what one who has it calls once, when it is done with it. */
export async function openFolder(options: DiskOptions): Promise<[DiskFolder, () => Promise<void>]> {
  const path = madeFolder(options.path)
  const use = inUse.get(path) ?? used(path, options)
  use.users++
  return [await use.folder, () => leave(use)]
}

function used(path: string, options: DiskOptions): FolderUse {
  const closed = closings.get(path) ?? Promise.resolve()
  const use = { path, folder: closed.then(() => DiskFolder.open(path, options)), users: 0 }
  inUse.set(path, use)
  use.folder.catch(() => inUse.delete(path))
  return use
}

async function leave(use: FolderUse): Promise<void> {
  if (--use.users > 0) return
  inUse.delete(use.path)
  const closing = use.folder.then((folder) => folder.close())
  const closed = closing.catch(() => undefined).then(() => void closings.delete(use.path))
  closings.set(use.path, closed)
  await closing
}

/** The folder by its real path. @throws AnywireError `bad-request` */
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
  readonly #bus: Bus
  readonly #listeners = new Set<WakeListener>()
  #turn: Promise<unknown> = Promise.resolve()

  private constructor(engine: DiskEngine, bus: Bus, options: DiskOptions) {
    const { now = Date.now, maxBytes = 68_719_476_736, maxChannels = 1_000_000, maxTombstones = 1_000_000 } = options
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
      const folder = new DiskFolder(await DiskEngine.open(path, () => mintWhen(now(), 0, step())), bus, options)
      bus.listen((wake) => folder.#hear(wake))
      return folder
    } catch (thrown) {
      bus.close()
      throw thrown
    }
  }

  /** As `Engine.commit`; what `work` wakes for is told once it is on the disk, in the order of the commits. */
  commit<T>(work: (wake: (wake: Wake) => void) => T): Promise<T> {
    let wakes: Wake[] = []
    const collect = (wake: Wake) => void wakes.push(wake)
    return this.engine.commit(
      () => {
        wakes = []
        const done = work(collect)
        // Whatever asked for them: who follows a channel that has expired, or was evicted, is told.
        const expired = this.names.takeExpired().map((channel) => ({ kind: 'changed', channel }) as const)
        if (expired.length > 0) wakes.unshift(...expired)
        return done
      },
      () => {
        for (const wake of wakes) this.#wake(wake)
      },
    )
  }

  /** What takes many commits goes one after the other, so that each commit stays small. */
  inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work)
    this.#turn = done.catch(() => undefined)
    return done
  }

  watch(listener: WakeListener): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  async close(): Promise<void> {
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
