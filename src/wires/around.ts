/** A wire around another one: all it does is the other's, but for what a subclass changes. */
import type { Wire } from '../core/wire.js'
import type { AnywireError } from '../protocol/error.js'
import type { Slice } from '../protocol/message.js'

export abstract class AroundWire implements Wire {
  protected readonly inner: Wire

  constructor(inner: Wire) {
    this.inner = inner
  }

  abstract write(bytes: Buffer, slice?: Slice): boolean

  get room(): boolean {
    return this.inner.room
  }

  get sent(): number {
    return this.inner.sent
  }

  get received(): number {
    return this.inner.received
  }

  get farewell(): boolean {
    return this.inner.farewell ?? false
  }

  get drained(): (() => void) | undefined {
    return this.inner.drained
  }

  set drained(drained: (() => void) | undefined) {
    this.inner.drained = drained
  }

  get closed(): (() => void) | undefined {
    return this.inner.closed
  }

  set closed(closed: (() => void) | undefined) {
    this.inner.closed = closed
  }

  close(reason?: AnywireError): void {
    this.inner.close(reason)
  }

  ended(listener: () => void): void {
    if (this.inner.ended) this.inner.ended(listener)
    else listener()
  }

  destroy(): void {
    this.inner.destroy()
  }
}
