/** Channel names: what is allowed in one, and how one is read from a path. */
import { AnywireError } from './error.js'

/** Segments joined by `/`, e.g. `chat/7`. At most 512 bytes of UTF-8. */
export type ChannelName = string

export const maxNameBytes = 512

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what a name must not hold
const control = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/

/** @throws AnywireError `bad-request` with a sentence that says which rule the name breaks. */
export function checkName(name: string, maxBytes = maxNameBytes): ChannelName {
  if (typeof name !== 'string') {
    throw new AnywireError('bad-request', `The channel name must be a string; it is of type ${typeof name}.`)
  }
  const wrong = fault(name, maxBytes)
  if (wrong) throw new AnywireError('bad-request', `The channel name ${JSON.stringify(name.slice(0, 80))} ${wrong}.`)
  return name
}

/** Reads the rest of a path, below the mount, as a name: percent-decoded once, `%2F` being the same as `/`. */
export function nameFromPath(rest: string, maxBytes = maxNameBytes): ChannelName {
  let name: string
  try {
    name = decodeURIComponent(rest)
  } catch (cause) {
    throw new AnywireError(
      'bad-request',
      `The path ${JSON.stringify(rest.slice(0, 80))} is not percent-encoded UTF-8.`,
      { cause },
    )
  }
  return checkName(name, maxBytes)
}

/** Names under `$` are Anywire's own: read-only, and denied unless a rule grants them. */
export function isReserved(name: ChannelName): boolean {
  return name.charCodeAt(0) === 36
}

function fault(name: string, maxBytes: number): string | undefined {
  if (name === '') return 'is empty'
  if (name.length * 3 > maxBytes && utf8Length(name) > maxBytes) return `is longer than ${maxBytes} bytes`
  if (control.test(name)) return 'holds a control character'
  if (!name.isWellFormed()) return 'is not well-formed Unicode'
  for (const segment of name.split('/')) {
    if (segment === '') return 'has an empty segment'
    if (segment === '.' || segment === '..') return `has the segment "${segment}"`
  }
  return undefined
}

function utf8Length(text: string): number {
  return new TextEncoder().encode(text).length
}
