/** What the hub knows of a connection: its form's hooks, its client's address, and when it ends. */
import type { Connection } from '../core/reading/connection.js'
import type { Timed } from '../core/wheel.js'
import type { FormHooks } from './form-hooks.js'

const noHooks: FormHooks = {}

/** Is told when the time of a connection is up. */
export interface Ender {
  due(entry: Registration): void
}

/**
 * It waits in the wheel itself. An object literal would not do: V8 comes to make such in old space, where a dead one
 * keeps all that it refers to, here a request and its answer, until all memory is collected.
 */
export class Registration implements Timed {
  tick = 0
  older: Timed | undefined
  newer: Timed | undefined
  readonly connection: Connection
  /** Undefined for a reader in this process, who is not counted. */
  readonly address: string | undefined
  /** When it was let in: seconds by `performance.now()`. */
  readonly since = Math.floor(performance.now() / 1_000)
  readonly #ender: Ender
  hooks: FormHooks
  /** Until when the credential holds, in milliseconds since 1970; undefined: the time of the form is waited for. */
  until: number | undefined
  rotation: Timed | undefined
  /** Called when the connection is gone. */
  gone: (() => void) | undefined

  constructor(ender: Ender, connection: Connection, hooks = noHooks, address?: string) {
    this.#ender = ender
    this.connection = connection
    this.hooks = hooks
    this.address = address
  }

  fire(): void {
    this.#ender.due(this)
  }

  /** The connection is gone: tables that held it may keep it for a while, and what it refers to with it. */
  over(): void {
    this.gone?.()
    this.gone = undefined
    this.rotation = undefined
    this.hooks = noHooks
  }
}
