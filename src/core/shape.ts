/** Checks objects that a program passes: unknown names and wrong values are refused with a helpful sentence. */
import { AnywireError } from '../protocol/error.js'
import { nearestName } from '../protocol/nearest.js'

/** For each name: what its value must be, in words, and the check. Undefined is always allowed. */
export type Shape<T extends object = Record<string, unknown>> = {
  readonly [Name in keyof Required<T>]: readonly [wanted: string, fits: (value: unknown) => boolean]
}

/**
 * `what` is how the sentence names the object, e.g. `createHub`; `kind` what its fields are called.
 * @throws AnywireError `bad-request`
 */
export function checkShape<T extends object>(what: string, value: unknown, shape: Shape<T>, kind = 'option'): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new AnywireError('bad-request', `The ${kind}s of ${what} must be an object; they are ${spell(value)}.`)
  }
  for (const name in value) {
    if (!Object.hasOwn(shape, name)) throw unknownName(what, name, Object.keys(shape), kind)
    const given = (value as Record<string, unknown>)[name]
    if (given === undefined) continue
    const [wanted, fits] = shape[name as keyof T]
    if (fits(given)) continue
    throw new AnywireError('bad-request', `The ${kind} "${name}" of ${what} must be ${wanted}; it is ${spell(given)}.`)
  }
}

/** A name that is none of those known, with the one that was meant, if one is near. */
export function unknownName(what: string, name: string, known: readonly string[], kind = 'option'): AnywireError {
  const meant = nearestName(name, known)
  const hint = meant === undefined ? `use one of ${known.join(', ')}` : `did you mean "${meant}"?`
  const end = hint.endsWith('?') ? '' : '.'
  return new AnywireError('bad-request', `There is no ${kind} "${name.slice(0, 80)}" of ${what}: ${hint}${end}`)
}

/** A value in a sentence. */
export function spell(value: unknown): string {
  if (value === null || value === undefined) return String(value)
  if (Array.isArray(value)) return 'an array'
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 40))
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}

// What fits, for the shapes of options.

export const aFlag = ['true or false', (value: unknown) => typeof value === 'boolean'] as const
export const aString = ['a string', (value: unknown) => typeof value === 'string'] as const
export const aFunction = ['a function', (value: unknown) => typeof value === 'function'] as const
export const anObject = [
  'an object',
  (value: unknown) => typeof value === 'object' && value !== null && !Array.isArray(value),
] as const
export const aCount = [
  'a whole number from 0',
  (value: unknown) => Number.isSafeInteger(value) && Number(value) >= 0,
] as const
