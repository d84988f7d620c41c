/** A server in a process of its own that can be ended without a farewell, and started again where its numbers stopped. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

export class TickingServer {
  /** @param {string} name of a file in `servers/` */
  constructor(name) {
    this.name = name
    this.port = 0
    this.next = 1
  }

  async start() {
    const file = fileURLToPath(new URL(`servers/${this.name}.mjs`, import.meta.url))
    this.child = fork(file, [String(this.next)], { serialization: 'json' })
    await this.#listening()
    return this
  }

  /** Begins anew: as another process with nothing in memory, or in this one with its log kept. @param {'process' | 'hub'} what */
  async restart(what) {
    if (what === 'process') {
      await this.end()
      await this.start()
    } else {
      this.child?.send('restart')
      await this.#listening()
    }
  }

  /** The process ends, and all its connections with it. */
  async end() {
    if (!this.child) return
    const exited = once(this.child, 'exit')
    this.child.send('end')
    const [{ next }] = await once(this.child, 'message')
    this.next = next
    await exited
  }

  async #listening() {
    if (!this.child) return
    const [{ port }] = await once(this.child, 'message')
    this.port = port
  }
}
