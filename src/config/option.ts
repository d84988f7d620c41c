/** One option of the configuration, and how it is called on the command line and in the environment. */
import type { Kind } from './kinds.js'

export interface OptionFacts<T> {
  readonly kind: Kind<T>
  /** What it is, for `--help` and the table in the documents. */
  readonly what: string
  /** What is in effect where nobody says anything. @default nothing is set */
  readonly usual?: T | undefined
  /** The same in words, where there is no such value. */
  readonly usually?: string
  /** Only in a file that is a program. @default false */
  readonly code?: boolean
  /** What may be shown of a value that holds a secret. @default all of it */
  readonly show?: (value: unknown) => unknown
}

export class Option<T> {
  readonly kind: Kind<T>
  readonly what: string
  readonly usual: T | undefined
  readonly usually: string
  readonly code: boolean
  readonly show: (value: unknown) => unknown
  /** It holds a secret. */
  readonly secret: boolean

  constructor({ kind, what, usual, usually, code = false, show }: OptionFacts<T>) {
    this.kind = kind
    this.what = what
    this.usual = usual
    this.usually = usually ?? (usual === undefined ? '' : String(usual))
    this.code = code
    this.show = show ?? ((value) => value)
    this.secret = show !== undefined
  }
}

/** Options by name; a group holds more of them. */
export interface Schema {
  readonly [name: string]: Option<unknown> | Schema
}

/** What a configuration of a schema looks like. */
export type ValuesOf<S> = {
  readonly [Name in keyof S]?: (S[Name] extends Option<infer T> ? T : ValuesOf<S[Name]>) | undefined
}

export interface Named {
  /** Such as `port`, or `limits.bodyBytes` in a group. */
  readonly name: string
  readonly option: Option<unknown>
}

/** All options of a schema, in its order. */
export function optionsOf(schema: Schema, above = ''): readonly Named[] {
  return Object.entries(schema).flatMap(([own, one]) => {
    const name = above + own
    return one instanceof Option ? [{ name, option: one as Option<unknown> }] : optionsOf(one as Schema, `${name}.`)
  })
}

const words = (name: string) =>
  name
    .replaceAll(/([A-Z])/g, '.$1')
    .toLowerCase()
    .split('.')

/** `limits.bodyBytes` is `--limits-body-bytes`. */
export const flagOf = (name: string) => `--${words(name).join('-')}`

/** `limits.bodyBytes` is `ANYWIRE_LIMITS_BODY_BYTES`. */
export const variableOf = (name: string) => `ANYWIRE_${words(name).join('_').toUpperCase()}`
