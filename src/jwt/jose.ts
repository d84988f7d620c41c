/** The package `jose`, which verifies signatures: loaded when the first token comes. */
import { AnywireError } from '../protocol/error.js'

export type Jose = typeof import('jose')

let loaded: Promise<Jose> | undefined

/** @throws (by rejection) AnywireError `internal` where `jose` is not installed. */
export function loadJose(): Promise<Jose> {
  loaded ??= import('jose').catch((cause) => {
    loaded = undefined
    throw new AnywireError('internal', 'Tokens need the package "jose": npm install jose', { cause })
  })
  return loaded
}
