/** LMDB: the files of a store, opened once in a process, and commits in groups. */
import { join } from 'node:path'
import type { Database, RangeOptions, RootDatabase } from 'lmdb'
import { AnywireError } from '../../protocol/error.js'
import type { StoreRecord } from './record.js'

/** The one file of a store; LMDB puts its locks beside it. */
export const fileName = 'log.mdb'
/**
 * The format of what is written. `traced` from the first message on that says which span it comes from: a release that
 * knows `plain` alone would misread it. Other ones are refused.
 */
export const format = { plain: 1, traced: 2 } as const
/** Jobs of one commit at most: together they hold the loop for some milliseconds. */
const maxJobs = 256
/** A key has 1,978 bytes at most; of longer texts a hash stands in it. */
export const maxKeyText = 1_500

type LmdbKey = readonly (string | number)[]

/** The store as it is seen: at this moment and within a commit, or as a snapshot. */
export interface EngineView {
  get<T>(key: LmdbKey): T | undefined
  /** The bytes of a message of a log. */
  message(id: number, number: number): Buffer | undefined
  /** The numbers that stand in the index of a log under this kind, from `start` up to, but not including, `end`. */
  numbers(id: number, kind: number, start: number, end: number, limit?: number): number[]
}

/** As the store was when it was taken, whatever is written meanwhile. What is deleted takes room until `done`. */
export interface Snapshot extends EngineView {
  done(): void
}

/** What is held in memory of what a commit has read and changed. */
export interface Aside {
  /** Writes it: the commit ends. What is remembered of it is true until the next one, or until `forget`. */
  write(): void
  /** Forgets all that is remembered: a commit was taken back, or another process has written. */
  forget(): void
}

interface CommitJob {
  readonly work: () => unknown
  readonly written: (() => void) | undefined
  readonly done: (result: never) => void
  readonly failed: (error: unknown) => void
}

export class DiskEngine implements EngineView {
  /** Channels, names and the store itself. */
  readonly names: Database<unknown, (string | number)[]>
  /** By the number of the log, and that of the message. */
  readonly messages: Database<Buffer, (string | number)[]>
  /** Keys and producers, by the number of the log. */
  readonly index: Database<unknown, (string | number)[]>
  readonly path: string
  readonly #root: RootDatabase<unknown, (string | number)[]>
  readonly #jobs: CommitJob[] = []
  /** What a commit knows by then, and writes at its end. */
  readonly #aside: Aside[] = []
  #store: StoreRecord | undefined
  /** The number of the last commit, if it was made here and all of it is known. */
  #last: number | undefined
  #running: Promise<void> | undefined
  /** LMDB keeps no program alive that waits for a commit: this does. */
  readonly #alive = setInterval(() => undefined, 2 ** 30).unref()
  /** Ends each snapshot that is held. */
  readonly #snapshots = new Set<() => void>()
  #closed = false

  private constructor(path: string, root: RootDatabase<unknown, (string | number)[]>) {
    this.path = path
    this.#root = root
    this.names = root.openDB({ name: 'names' })
    this.messages = root.openDB({ name: 'messages', encoding: 'binary' })
    this.index = root.openDB({ name: 'index' })
  }

  /** @throws AnywireError `bad-request` for a folder that cannot be used, `internal` where `lmdb` is not installed. */
  static async open(path: string, unwritten: () => number): Promise<DiskEngine> {
    const { open } = await loadLmdb()
    let root: RootDatabase<unknown, (string | number)[]> | undefined
    try {
      // A commit is seen when it is on the disk, and not before: `overlappingSync` would show it sooner.
      root = open({ path: join(path, fileName), maxDbs: 3, overlappingSync: false, eventTurnBatching: false })
      const engine = new DiskEngine(path, root)
      await engine.#begin(unwritten)
      return engine
    } catch (cause) {
      await root?.close()
      if (cause instanceof AnywireError) throw cause
      throw new AnywireError('bad-request', `The folder "${path}" cannot be used: ${cause}`, { cause })
    }
  }

  /** What the store knows of itself. Within a commit it may be changed. */
  get store(): StoreRecord {
    return this.#store ?? (this.names.get(['s']) as StoreRecord)
  }

  /** Takes part in each commit from now on. */
  join(aside: Aside): void {
    this.#aside.push(aside)
  }

  get<T>(key: LmdbKey): T | undefined {
    return this.names.get(key as (string | number)[]) as T | undefined
  }

  message(id: number, number: number): Buffer | undefined {
    return this.messages.get([id, number])
  }

  numbers(id: number, kind: number, start: number, end: number, limit?: number): number[] {
    return numbersIn(this.index, {
      start: [id, kind, start],
      end: [id, kind, end],
      ...(limit !== undefined && { limit }),
    })
  }

  snapshot(): Snapshot {
    this.refresh()
    // biome-ignore lint/correctness/useHookAtTopLevel: lmdb's name for holding a snapshot
    const transaction = this.#root.useReadTransaction()
    const done = () => void (this.#snapshots.delete(done) && transaction.done())
    this.#snapshots.add(done)
    const seen = () => {
      if (this.#snapshots.has(done)) return { transaction }
      throw new AnywireError('store-down', 'The store is closed.')
    }
    return {
      done,
      get: <T>(key: LmdbKey) => this.names.get(key as (string | number)[], seen()) as T | undefined,
      message: (id, number) => this.messages.get([id, number], seen()),
      numbers: (id, kind, start, end, limit) => {
        const range = { start: [id, kind, start], end: [id, kind, end], ...seen() }
        return numbersIn(this.index, { ...range, ...(limit !== undefined && { limit }) })
      },
    }
  }

  /**
   * Works in the next commit, together with what else is to be done by then, and answers once that is on the disk. All
   * of a job is written, or nothing. It may be done twice, so it MUST NOT change anything but the store. `written` is
   * called before the answer, in the order of the jobs.
   * @throws AnywireError `store-down` if it could not be written; what `work` throws, and then nothing of it is
   * written.
   */
  commit<T>(work: () => T, written?: () => void): Promise<T> {
    if (this.#closed) return Promise.reject(new AnywireError('store-down', 'The store is closed.'))
    return new Promise<T>((resolve, reject) => {
      this.#jobs.push({ work, written, done: resolve, failed: reject })
      this.#running ??= this.#run()
    })
  }

  /** What other processes have written is seen from here on. */
  refresh(): void {
    this.#root.resetReadTxn()
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.#running
    clearInterval(this.#alive)
    for (const done of this.#snapshots) done()
    await this.#root.close()
  }

  async #begin(unwritten: () => number): Promise<void> {
    const fresh = {
      format: format.plain,
      commits: 0,
      ids: 1,
      configs: 0,
      channels: 0,
      tombstones: 0,
      places: 0,
      weight: 0,
    }
    const found = this.get<StoreRecord>(['s'])
    const wrong = found && this.#otherFormat(found)
    if (wrong) throw new AnywireError('bad-request', wrong)
    await this.commit(() => {
      if (this.#store === undefined) this.#store = { ...fresh, unwritten: unwritten() }
    })
  }

  /** As a sentence; undefined: it can be read. */
  #otherFormat({ format: found }: StoreRecord): string | undefined {
    if (found === format.plain || found === format.traced) return undefined
    const knows = `this release reads the formats ${Object.values(format).join(' and ')}.`
    return `The folder "${this.path}" holds a store of format ${found}; ${knows}`
  }

  async #run(): Promise<void> {
    // What else this turn asks for goes with the first.
    this.#alive.ref()
    await undefined
    while (this.#jobs.length > 0) await this.#group(this.#jobs.splice(0, maxJobs))
    this.#running = undefined
    this.#alive.unref()
  }

  async #group(jobs: CommitJob[]): Promise<void> {
    let results: unknown[] = []
    let wrong: { readonly job: CommitJob; readonly thrown: unknown } | undefined
    try {
      // A child can be taken back whole: a transaction of its own would keep what was put before something was thrown.
      await this.#root.childTransaction(() => {
        this.#read()
        // What was asked for while another process wrote goes too: each commit costs as much as a dozen jobs.
        jobs.push(...this.#jobs.splice(0, maxJobs - jobs.length))
        results = []
        for (const job of jobs) {
          try {
            results.push(job.work())
          } catch (thrown) {
            wrong = { job, thrown }
            throw thrown
          }
        }
        this.#write()
      })
    } catch (cause) {
      this.#forget()
      // LMDB has a promise of its own for it, and rejects that too.
      ;(cause as { commitError?: Promise<unknown> } | undefined)?.commitError?.catch(ignore)
      if (wrong) return this.#without(jobs, wrong)
      const error = new AnywireError('store-down', `The disk did not take what was to be written: ${cause}`, { cause })
      for (const { failed } of jobs) failed(error)
      return
    }
    for (const [index, job] of jobs.entries()) {
      job.written?.()
      job.done(results[index] as never)
    }
  }

  /** A commit begins. */
  #read(): void {
    this.#store = this.get<StoreRecord>(['s'])
    // Another process, of a newer release, may have begun another format.
    const wrong = this.#store && this.#otherFormat(this.#store)
    if (wrong) throw new Error(wrong)
    if (this.#last === undefined || this.#store?.commits !== this.#last) this.#forgetAside()
  }

  /** A commit ends. */
  #write(): void {
    for (const aside of this.#aside) aside.write()
    const store = this.#store!
    this.#last = ++store.commits
    void this.names.put(['s'], store)
    this.#store = undefined
  }

  /** A commit is taken back. */
  #forget(): void {
    this.#store = undefined
    this.#last = undefined
    this.#forgetAside()
  }

  #forgetAside(): void {
    for (const aside of this.#aside) aside.forget()
  }

  /** Nothing of the group is written: the others are done once more. */
  async #without(
    jobs: readonly CommitJob[],
    { job, thrown }: { readonly job: CommitJob; readonly thrown: unknown },
  ): Promise<void> {
    job.failed(thrown)
    const others = jobs.filter((one) => one !== job)
    if (others.length > 0) await this.#group(others)
  }
}

function numbersIn(index: DiskEngine['index'], range: RangeOptions): number[] {
  return [...index.getKeys(range)].map((key) => key[2] as number)
}

/** @throws AnywireError `internal` where the package is not installed. */
export async function loadLmdb(): Promise<typeof import('lmdb')> {
  try {
    return await import('lmdb')
  } catch (cause) {
    throw new AnywireError('internal', 'The disk store needs the package "lmdb": npm install lmdb', { cause })
  }
}

function ignore(): void {}
