/** The thread that tries updates, seen from the server: started when needed, ended when it holds no document. */
import { createRequire } from 'node:module'
import { Worker } from 'node:worker_threads'
import { AnywireError } from '../../protocol/error.js'
import type { Replicas, Tried, UpdateLimits } from './replicas.js'

/**
 * Whether the package is installed, so that a program is told when it starts, and not the first editor.
 * @throws AnywireError `internal` with what to do
 */
export function checkYjs(): void {
  try {
    createRequire(import.meta.url).resolve('yjs')
  } catch (cause) {
    throw new AnywireError('internal', 'hub.yjs needs the package "yjs": npm install yjs', { cause })
  }
}

/** Without a document for so long it ends. */
const idleMs = 10_000

type Bytes = Uint8Array<ArrayBuffer>

interface Call {
  readonly number: number
  readonly name: keyof Replicas | 'merged'
  readonly parameters: readonly unknown[]
  readonly handed: readonly Bytes[]
}

interface ThreadCall {
  /** The replica it is for; 0 for what is of none. */
  readonly of: number
  readonly resolve: (value: never) => void
  readonly reject: (reason: AnywireError) => void
}

export class ReplicaThread {
  #worker: Worker | undefined
  #ending: NodeJS.Timeout | undefined
  #number = 0
  readonly #waiting = new Map<number, ThreadCall>()
  /**
   * What waits for a call of the same replica: the thread has one of each, so that a document with much to do takes
   * turns with the others.
   */
  readonly #behind = new Map<number, Call[]>()
  readonly #held = new Set<number>()
  /** Counts the threads that have ended: what was in one is not in the next. */
  ended = 0

  /** The number of a replica that holds nothing yet. */
  hold(): number {
    const id = ++this.#number
    this.#held.add(id)
    clearTimeout(this.#ending)
    return id
  }

  release(id: number): void {
    if (this.#worker) this.#call(id, 'forget', [id]).catch(ignore)
    this.#held.delete(id)
    if (this.#held.size === 0) this.#ending = setTimeout(() => this.#end(), idleMs).unref()
  }

  add(id: number, updates: readonly Uint8Array[], complete: boolean): Promise<void> {
    const copies = updates.map(copied)
    return this.#call(id, 'add', [id, copies, complete], copies)
  }

  try(id: number, update: Uint8Array, limits: UpdateLimits, full: boolean): Promise<Tried> {
    const copy = copied(update)
    return this.#call(id, 'try', [id, copy, limits, full], [copy])
  }

  part(id: number, update: Uint8Array, limits: UpdateLimits): Promise<Bytes | undefined> {
    const copy = copied(update)
    return this.#call(id, 'part', [id, copy, limits], [copy])
  }

  contains(id: number, update: Uint8Array, limits: UpdateLimits): Promise<boolean> {
    const copy = copied(update)
    return this.#call(id, 'contains', [id, copy, limits], [copy])
  }

  stateVector(id: number): Promise<Bytes> {
    return this.#call(id, 'stateVector', [id])
  }

  merged(updates: readonly Uint8Array[]): Promise<Bytes> {
    const copies = updates.map(copied)
    return this.#call(0, 'merged', [copies], copies)
  }

  /** What of the parameters is handed over, and cannot be used here any more, is named once more. */
  #call<T>(of: number, name: Call['name'], parameters: readonly unknown[], handed: readonly Bytes[] = []): Promise<T> {
    const call = { number: ++this.#number, name, parameters, handed }
    const behind = this.#behind.get(of)
    if (behind) behind.push(call)
    else this.#post(of, call)
    return new Promise((resolve, reject) => this.#waiting.set(call.number, { of, resolve, reject }))
  }

  #post(of: number, { number, name, parameters, handed }: Call): void {
    this.#worker ??= this.#start()
    const worker = this.#worker
    if (!this.#behind.has(of)) this.#behind.set(of, [])
    worker.ref()
    const buffers = handed.map(({ buffer }) => buffer)
    worker.postMessage({ number, name, parameters }, buffers)
  }

  /** The thread has done one call of this replica. */
  #next(of: number): void {
    const next = this.#behind.get(of)?.shift()
    if (next) this.#post(of, next)
    else this.#behind.delete(of)
  }

  #start(): Worker {
    const worker = new Worker(new URL('./replicas-thread.js', import.meta.url))
    worker.on('message', ({ number, value, thrown }) => {
      const waiting = this.#waiting.get(number)
      this.#waiting.delete(number)
      if (waiting && this.#worker === worker) this.#next(waiting.of)
      if (this.#waiting.size === 0) worker.unref()
      if (thrown) waiting?.reject(failure(thrown))
      else waiting?.resolve(value as never)
    })
    let cause: unknown
    worker.on('error', (thrown) => {
      cause = thrown
    })
    worker.on('exit', () => this.#worker === worker && this.#gone(failure(cause)))
    return worker
  }

  #gone(error: AnywireError): void {
    this.#worker = undefined
    this.ended++
    const waiting = [...this.#waiting.values()]
    this.#waiting.clear()
    this.#behind.clear()
    for (const { reject } of waiting) reject(error)
  }

  #end(): void {
    const worker = this.#worker
    if (!worker || this.#held.size > 0 || this.#waiting.size > 0) return
    this.#worker = undefined
    this.ended++
    void worker.terminate()
  }
}

/** Without the rest of the buffer that it may be a part of. */
function copied(bytes: Uint8Array): Bytes {
  return new Uint8Array(bytes)
}

function failure(cause: unknown): AnywireError {
  const missing = (cause as NodeJS.ErrnoException | undefined)?.code === 'ERR_MODULE_NOT_FOUND'
  const sentence = missing ? 'hub.yjs needs the package "yjs": npm install yjs' : 'The thread of Yjs documents failed.'
  return new AnywireError('internal', sentence, { cause })
}

function ignore(): void {}
