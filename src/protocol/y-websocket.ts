/** y-websocket: what Yjs's own WebSocket provider sends, and the framing that it reads. */

import type { Framing } from './framing.js'
import { frame, opcodes, pingFrame } from './websocket-frame.js'
import { type AwarenessEntry, Decoder, documentOf, malformed, numberBytes, parseAwareness } from './y-awareness.js'

/** What a client sends. */
export type YFrame =
  /** Asks for what is not in this state vector. */
  | { readonly kind: 'step1' }
  /** `step2`: what our state vector does not have; `update`: what was just changed. */
  | { readonly kind: 'step2' | 'update'; readonly update: Uint8Array }
  | { readonly kind: 'awareness'; readonly entries: readonly AwarenessEntry[] }
  /** Asks who is here. */
  | { readonly kind: 'query' }

const types = { sync: 0, awareness: 1, auth: 2, query: 3 } as const
const syncs = { step1: 0, step2: 1, update: 2 } as const

/**
 * An awareness speaks of `mostClients` at most.
 * @throws AnywireError `bad-request` for what is none of these, `too-large` for an awareness of more.
 */
export function parseYFrame(bytes: Uint8Array, mostClients: number): YFrame {
  const decoder = new Decoder(bytes)
  switch (decoder.number()) {
    case types.sync: {
      const sync = decoder.number()
      const body = decoder.bytes()
      if (sync === syncs.step1) return { kind: 'step1' }
      if (sync === syncs.step2) return { kind: 'step2', update: body }
      if (sync === syncs.update) return { kind: 'update', update: body }
      throw malformed(`there is no step ${sync} of a synchronisation`)
    }
    case types.awareness:
      return { kind: 'awareness', entries: parseAwareness(decoder.bytes(), mostClients, true) }
    case types.query:
      return { kind: 'query' }
    default:
      throw malformed('its type is none of sync, awareness and query')
  }
}

/** An update that changes nothing: no structs, no deletions. */
const nothing = Uint8Array.of(0, 0)

/** Whether an update changes nothing, whatever it is applied to. */
export function isNothing(update: Uint8Array): boolean {
  return update.length === 2 && update[0] === 0 && update[1] === 0
}

/** Answers a client's step 1: it has been sent everything already. */
export const step2: Buffer = binary([types.sync, syncs.step2], nothing)

/** Asks a client for what is not in this state vector. */
export const step1 = (stateVector: Uint8Array): Buffer => binary([types.sync, syncs.step1], stateVector)

/** Tells a client that it may not change the document; it goes on reading. */
export const denied = (why: string): Buffer => binary([types.auth, 0], Buffer.from(why))

/**
 * Documents and their awareness: each message is one frame. Tombstones, which take away what was merged, are left out.
 */
export const yWebsocket: Framing = {
  name: 'y-websocket',
  encode({ channel, messages }) {
    const head = documentOf(channel) === undefined ? [types.sync, syncs.update] : [types.awareness]
    return Buffer.concat(messages.flatMap(({ data }) => (data ? [binary(head, data)] : [])))
  },
  // The provider takes a connection for dead on which no message came for 30 s: this one says nothing of nobody.
  heartbeat: Buffer.concat([pingFrame, binary([types.awareness], Uint8Array.of(0))]),
}

function binary(head: readonly number[], body: Uint8Array): Buffer {
  return frame(opcodes.binary, Buffer.concat([Uint8Array.from([...head, ...numberBytes(body.length)]), body]))
}
