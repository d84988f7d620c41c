/** JSON Pointers (RFC 6901), compiled: they find the key of a message in its JSON. */
import { AnywireError } from '../protocol/error.js'

/**
 * Compiles a pointer such as `/symbol` to a function that reads a string or number there, as a string; anything else is
 * undefined.
 * @throws AnywireError `bad-request` if the text is no pointer.
 */
export function compilePointer(pointer: string): (value: unknown) => string | undefined {
  // [RFC 6901 §3] "~" begins an escape and is followed by 0 or 1.
  if ((pointer !== '' && !pointer.startsWith('/')) || /~(?![01])/.test(pointer)) {
    throw new AnywireError(
      'bad-request',
      `The key ${JSON.stringify(pointer)} is not a JSON Pointer (RFC 6901): write it as "/symbol" or ` +
        '"/user/id", with "~1" for "/" and "~0" for "~".',
    )
  }
  const steps = pointer.split('/').slice(1).map(unescapeStep)
  return (value) => {
    let at: unknown = value
    for (const step of steps) at = child(at, step)
    if (typeof at === 'string') return at
    return typeof at === 'number' ? String(at) : undefined
  }
}

function unescapeStep(step: string): string {
  // [RFC 6901 §4] First "~1", then "~0", so that "~01" stays "~1".
  return step.replaceAll('~1', '/').replaceAll('~0', '~')
}

function child(value: unknown, step: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined
  if (Array.isArray(value)) return /^(0|[1-9]\d*)$/.test(step) ? value[Number(step)] : undefined
  return Object.hasOwn(value, step) ? (value as Record<string, unknown>)[step] : undefined
}
