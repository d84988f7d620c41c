/** What the wires of HTTP answers share: they end once, whoever ends them. */
import type { ServerResponse } from 'node:http'

export abstract class EndingWire {
  drained: (() => void) | undefined
  closed: (() => void) | undefined
  protected over = false
  protected readonly response: ServerResponse

  constructor(response: ServerResponse) {
    this.response = response
    // 'close' comes when the client is gone and when the answer has been sent. It may have come already.
    const over = () => this.gone()
    response.on('close', over)
    response.on('error', over)
    if (response.closed) queueMicrotask(over)
  }

  destroy(): void {
    this.response.destroy()
    this.gone()
  }

  protected gone(): void {
    if (this.over) return
    this.over = true
    this.tell()
  }

  protected tell(): void {
    const { closed } = this
    this.closed = undefined
    closed?.()
  }
}
