/** Counts connections, in all and by address, and refuses those over the limit. */
import type { Limits } from '../../core/limits.js'
import { AnywireError } from '../../protocol/error.js'
import { NameCounter } from './name-counter.js'

export interface ConnectionCounter {
  /** @throws AnywireError `too-many` if `enter` would. */
  check(address: string): void
  /** Adds one. @throws AnywireError `too-many` */
  enter(address: string): void
  /** Removes one that was added. */
  leave(address: string): void
  /** Connections and waiting polls now. */
  readonly count: number
  /** Addresses they come from. */
  readonly addresses: number
}

/** Milliseconds after which a client that was one too many may try again. */
const retryMs = 5_000

/** `limits` may change meanwhile. */
export function createConnectionCounter(
  limits: Pick<Limits, 'connections' | 'connectionsPerAddress'>,
): ConnectionCounter {
  const byAddress = new NameCounter()
  let count = 0

  function check(address: string): void {
    const { connections: all, connectionsPerAddress: each } = limits
    if (all !== null && count >= all)
      throw tooMany(`This server is full: it serves ${all} connections at a time. Try again later.`)
    if (each === null || byAddress.of(address) < each) return
    throw tooMany(`Your address has ${each} connections already: close one, or try again later.`)
  }

  return {
    check,
    enter(address) {
      check(address)
      count++
      byAddress.add(address)
    },
    leave(address) {
      count--
      byAddress.drop(address)
    },
    get count() {
      return count
    },
    get addresses() {
      return byAddress.size
    },
  }
}

function tooMany(sentence: string): AnywireError {
  return new AnywireError('too-many', sentence, { details: { retryMs } })
}
