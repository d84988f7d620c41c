/** An HTTP client as bare as can be: sends a request over a socket of its own and shows the answer as it comes. */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

export class RawClient {
  readonly socket: Socket
  /** Resolves when the server has ended the answer, or the connection is gone. */
  readonly ended: Promise<void>
  #bytes = Buffer.alloc(0)
  #over = false

  constructor(port: number, request: string) {
    this.socket = connect(port, '127.0.0.1')
    this.socket.on('error', () => undefined)
    this.socket.write(request)
    this.socket.on('data', (bytes) => {
      this.#bytes = Buffer.concat([this.#bytes, bytes])
    })
    // Also after an error: who writes to a server that has ended the connection is reset.
    this.ended = new Promise((resolve) => {
      this.socket.once('close', () => {
        this.#over = true
        resolve()
      })
    })
  }

  /** All that came. */
  get text(): string {
    return this.#bytes.toString('latin1')
  }

  get head(): string {
    const end = this.#bytes.indexOf('\r\n\r\n')
    return end < 0 ? '' : this.#bytes.toString('latin1', 0, end)
  }

  get body(): Buffer {
    const end = this.#bytes.indexOf('\r\n\r\n')
    return end < 0 ? Buffer.alloc(0) : this.#bytes.subarray(end + 4)
  }

  /** Resolves once the answer fits, or has ended. */
  async until(fits: (client: RawClient) => boolean): Promise<this> {
    while (!fits(this) && !this.#over) await Promise.race([once(this.socket, 'data'), this.ended])
    return this
  }
}
