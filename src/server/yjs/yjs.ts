/** Yjs, loaded when a hub serves documents. */
import { AnywireError } from '../../protocol/error.js'

export type Yjs = typeof import('yjs')

/** @throws AnywireError `internal`, with what to do. */
export function loadYjs(): Promise<Yjs> {
  const loaded = import('yjs').catch((cause) => {
    throw new AnywireError('internal', 'hub.yjs needs the package "yjs": npm install yjs', { cause })
  })
  // Whoever needs it hears of the failure.
  loaded.catch(() => undefined)
  return loaded
}
