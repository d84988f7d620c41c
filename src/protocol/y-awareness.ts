/** Awareness of Yjs documents: who is here, and where. Its bytes, as y-protocols spells them, and its channel. */
import { AnywireError } from './error.js'
import { jsonDepth, parseJson } from './json.js'
import type { ChannelName } from './name.js'

/** What is said of one client. */
export interface AwarenessEntry {
  /** The `clientID` of its document. */
  readonly client: number
  /** Counts what it has said: the newer holds. */
  readonly clock: number
  /** JSON; `null` when it has left. */
  readonly state: string
}

const prefix = 'awareness/'

/** The channel of a document's awareness. */
export function awarenessOf(document: ChannelName): ChannelName {
  return prefix + document
}

/** The document whose awareness a channel holds; undefined for others. */
export function documentOf(awareness: ChannelName): ChannelName | undefined {
  return awareness.startsWith(prefix) ? awareness.slice(prefix.length) : undefined
}

/**
 * Reads numbers and byte strings as lib0 writes them.
 * @throws AnywireError `bad-request` where the bytes end too early.
 */
export class Decoder {
  readonly #bytes: Uint8Array
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  get done(): boolean {
    return this.#at === this.#bytes.length
  }

  number(): number {
    let value = 0
    for (let scale = 1; scale <= 2 ** 49; scale *= 128) {
      const byte = this.#bytes[this.#at++]
      if (byte === undefined) break
      value += (byte & 127) * scale
      if (byte < 128 && Number.isSafeInteger(value)) return value
    }
    throw malformed('a number is cut short or too large')
  }

  /** A view of what was given. */
  bytes(): Uint8Array {
    const length = this.number()
    const end = this.#at + length
    if (end > this.#bytes.length) throw malformed(`${length} bytes are announced, and fewer come`)
    const bytes = this.#bytes.subarray(this.#at, end)
    this.#at = end
    return bytes
  }
}

/** A number as lib0 writes it: 7 bits a byte, the lowest first. */
export function numberBytes(value: number): number[] {
  const bytes: number[] = []
  let rest = value
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128)
  return [...bytes, rest]
}

/**
 * An update that speaks of `most` clients at most: a few bytes of each cost as much as a whole message. `lenient`: a
 * state that is too large is left out.
 * @throws AnywireError `bad-request` for bytes that are no awareness update, `too-large` for one that speaks of more.
 */
export function parseAwareness(bytes: Uint8Array, most: number, lenient = false): AwarenessEntry[] {
  const decoder = new Decoder(bytes)
  const entries: AwarenessEntry[] = []
  const count = decoder.number()
  if (count > most) {
    throw new AnywireError(
      'too-large',
      `An awareness update speaks of at most ${most} clients, and this one of ${count}: say less at once.`,
    )
  }
  for (let left = count; left > 0; left--) {
    const client = decoder.number()
    const clock = decoder.number()
    const state = decoder.bytes()
    if (lenient && state.length > mostStateBytes) continue
    entries.push({ client, clock, state: stateOf(state) })
  }
  if (!decoder.done) throw malformed('bytes are left over')
  return entries
}

export function spellAwareness({ client, clock, state }: AwarenessEntry): Uint8Array {
  const text = new TextEncoder().encode(state)
  const head = [1, ...numberBytes(client), ...numberBytes(clock), ...numberBytes(text.length)]
  const bytes = new Uint8Array(head.length + text.length)
  bytes.set(head)
  bytes.set(text, head.length)
  return bytes
}

/** Largest state of one client. */
export const mostStateBytes = 65_536

function stateOf(bytes: Uint8Array): string {
  if (bytes.length > mostStateBytes) {
    throw new AnywireError(
      'too-large',
      `A state of awareness has at most ${mostStateBytes} bytes: say less of a client.`,
    )
  }
  try {
    if (typeof parseJson(bytes, 'A state', { depth: jsonDepth }) === 'object') return new TextDecoder().decode(bytes)
  } catch {
    // Said below.
  }
  throw malformed(`a state is no JSON object of at most ${jsonDepth} levels, and not null`)
}

export function malformed(why: string): AnywireError {
  return new AnywireError('bad-request', `This is no message of Yjs: ${why}.`)
}
