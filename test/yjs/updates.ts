/** Updates that no honest client makes, spelt byte by byte, and small honest ones. */
import * as Y from 'yjs'
import { numberBytes } from '../../src/protocol/y-awareness.js'

const bytes = (numbers: readonly number[]) => Uint8Array.from(numbers.flatMap(numberBytes))

/** No insertion; so many deleted ranges of a client whom nobody has seen. */
export function pendingDeletions(ranges: number): Uint8Array {
  const pairs = Array.from({ length: ranges }, (_, i) => [1_000 + i * 2, 1])
  return bytes([0, 1, 4_242, ranges, pairs].flat(2))
}

/** One character's place of each of so many clients. */
export function manyClients(count: number): Uint8Array {
  const structs = Array.from({ length: count }, (_, i) => [1, count - i, 0, 0, 1])
  return bytes([count, structs, 0].flat(2))
}

/** So many single places of one client. */
export function manyStructs(count: number): Uint8Array {
  return Buffer.concat([bytes([1, count, 7, 0]), Buffer.alloc(2 * count, Uint8Array.of(0, 1)), Buffer.of(0)])
}

/** What a client makes of a document, step by step. */
export function edits(clientID: number, ...steps: readonly ((doc: Y.Doc) => void)[]): Uint8Array[] {
  const doc = new Y.Doc()
  doc.clientID = clientID
  const made: Uint8Array[] = []
  doc.on('update', (update: Uint8Array) => made.push(update))
  for (const step of steps) step(doc)
  return made
}

export const typing =
  (text: string, at = 0) =>
  (doc: Y.Doc) =>
    doc.getText().insert(at, text)
export const deleting = (at: number, length: number) => (doc: Y.Doc) => doc.getText().delete(at, length)
