/** One Redis: a connection for what is asked, one for wake-ups, and scripts. */
import type { Reply } from './codec.js'
import type { ConnectionOptions, RedisConnection } from './connection.js'
import { offline, refusalOf } from './failures.js'
import { Line } from './line.js'
import { type Script, scripts } from './scripts.js'
import { Subscriber } from './subscriber.js'

/** Opens one connection to this Redis. */
export type OpenConnection = (options?: Partial<ConnectionOptions>) => Promise<RedisConnection>

/** What a Redis tells of. */
export interface NodeEvents {
  readonly onMessage: (key: string, message: Buffer) => void
  /** Wake-ups of these may have been lost; absent: of all that are subscribed at this node. */
  readonly onLost: (node: RedisNode, keys?: readonly string[]) => void
  /** Slots are elsewhere than was thought, or it is not known. */
  readonly onMoved: () => void
}

export interface ScriptCall {
  readonly script: Script
  readonly keys: readonly string[]
  readonly args: readonly (string | Buffer)[]
}

export class RedisNode {
  readonly subscriber: Subscriber
  readonly #line: Line

  constructor(open: OpenConnection, { onMessage, onLost, onMoved }: NodeEvents) {
    this.#line = new Line({
      open,
      prepare: loadScripts,
      up: () => onLost(this),
      down: () => {
        // Wake-ups of a Redis that is no master any more would never come.
        this.subscriber.renew()
        onLost(this)
        onMoved()
      },
    })
    this.subscriber = new Subscriber({
      open: (heard, moved) => open({ onMessage: heard, onMoved: moved }),
      onMessage,
      onLost: (keys) => onLost(this, keys),
      onMoved,
    })
  }

  get ready(): boolean {
    return this.#line.connection !== undefined
  }

  /** Resolves with whether there is a connection, once one was tried, or after so long. */
  async next(ms?: number): Promise<boolean> {
    return (await this.#line.next(ms)) !== undefined
  }

  get failure(): unknown {
    return this.#line.failure
  }

  /** @throws AnywireError `store-down` if there is no connection; what Redis answers as an error. */
  async send(...args: (string | Buffer)[]): Promise<Reply> {
    const { connection } = this.#line
    if (!connection) throw offline()
    return connection.send(args)
  }

  /** `asking`: the slot is on its way here, and this is what Redis has said to ask. */
  async run({ script, keys, args }: ScriptCall, asking = false): Promise<Reply> {
    const { connection } = this.#line
    if (!connection) throw offline()
    const rest = [String(keys.length), ...keys, ...args]
    const send = (...command: string[]) => {
      if (asking) connection.send(['ASKING']).catch(() => undefined)
      return connection.send([...command, ...rest])
    }
    try {
      return await send('EVALSHA', script.sha)
    } catch (thrown) {
      const refusal = refusalOf(thrown)
      if (refusal === 'NOSCRIPT') return send('EVAL', script.text)
      // A master that is none any more: the connection that is opened next may lead to another.
      if (refusal === 'READONLY') connection.end()
      throw thrown
    }
  }

  close(): void {
    this.#line.close()
    this.subscriber.close()
  }
}

/** Before anything is asked, so that nothing is done later than what was asked after it. */
async function loadScripts(connection: RedisConnection): Promise<void> {
  const all = Object.values(scripts)
  const known = await connection.send(['SCRIPT', 'EXISTS', ...all.map(({ sha }) => sha)])
  const missing = all.filter((_, index) => (known as readonly Reply[])[index] !== 1)
  await Promise.all(missing.map(({ text }) => connection.send(['SCRIPT', 'LOAD', text])))
}
