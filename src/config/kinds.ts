/** What the value of an option may be: in a file, and as the text of a flag or of the environment. */
import { anObject } from '../core/shape.js'

export interface Kind<T> {
  /** How a flag takes it, such as `<port>`. Empty: it takes nothing. */
  readonly takes: string
  /** What it must be, for a sentence. */
  readonly wanted: string
  /** What a text stands for; undefined for one that stands for none. */
  read(text: string): T | undefined
  /** Whether a value of a file is one. */
  fits(value: unknown): boolean
}

export const flag: Kind<boolean> = {
  takes: '',
  wanted: 'true or false',
  read: (text) => (['true', '1'].includes(text) ? true : ['false', '0'].includes(text) ? false : undefined),
  fits: (value) => typeof value === 'boolean',
}

export function text(takes: string, wanted = 'a string', pattern = /^.+$/s): Kind<string> {
  const fits = (value: unknown) => typeof value === 'string' && pattern.test(value)
  return { takes, wanted, read: (given) => (fits(given) ? given : undefined), fits }
}

export function wholeNumber(takes: string, least: number, most = Number.MAX_SAFE_INTEGER): Kind<number> {
  const fits = (value: unknown) => Number.isSafeInteger(value) && Number(value) >= least && Number(value) <= most
  return {
    takes,
    wanted: `a whole number from ${least}${most < Number.MAX_SAFE_INTEGER ? ` to ${most}` : ''}`,
    read: (given) => (/^\d+$/.test(given) && fits(Number(given)) ? Number(given) : undefined),
    fits,
  }
}

export function choice<T extends string>(takes: string, ...values: readonly T[]): Kind<T> {
  const known = (value: unknown) => values.find((one) => one === value)
  return { takes, wanted: values.join(' or '), read: known, fits: (value) => known(value) !== undefined }
}

/** Texts: in the environment they are separated by commas. */
export function list(takes: string, wanted: string): Kind<readonly string[]> {
  return {
    takes,
    wanted,
    read: (given) => given.split(',').map((one) => one.trim()),
    fits: (value) => Array.isArray(value) && value.every((one) => typeof one === 'string'),
  }
}

/** An object: as a text it is JSON. */
export function json<T extends object>(takes: string, wanted = 'an object'): Kind<T> {
  const [, fits] = anObject
  return {
    takes,
    wanted,
    read(given) {
      try {
        const value: unknown = JSON.parse(given)
        return fits(value) ? (value as T) : undefined
      } catch {
        return undefined
      }
    },
    fits,
  }
}

/** `null` too, which turns it off. */
export function orNull<T>(kind: Kind<T>): Kind<T | null> {
  return {
    takes: kind.takes,
    wanted: `${kind.wanted}, or null`,
    read: (given) => (given === 'null' ? null : kind.read(given)),
    fits: (value) => value === null || kind.fits(value),
  }
}

/** True, false or what the kind says: a flag may stand alone, and then means true. */
export function flagOr<T>(kind: Kind<T>): Kind<boolean | T> {
  return {
    takes: kind.takes.replace('<', '[').replace('>', ']'),
    wanted: `true, false or ${kind.wanted}`,
    // First the kind: `1` is a number where numbers are wanted.
    read: (given) => kind.read(given) ?? flag.read(given),
    fits: (value) => flag.fits(value) || kind.fits(value),
  }
}

/** What cannot be written as a text: it stands in a file that is a program. */
export function code<T>(wanted: string, fits: (value: unknown) => boolean): Kind<T> {
  return { takes: '', wanted, read: () => undefined, fits }
}
