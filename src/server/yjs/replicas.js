/** Documents in the thread that tries updates. Plain JavaScript, so that a thread can load it from source. */
import * as Y from 'yjs'

/** @typedef {{ structs: number, clients: number, ranges: number, depth: number }} UpdateLimits */
/** @typedef {{ doc: Y.Doc, stateVector: Uint8Array<ArrayBuffer> | undefined }} Replica */
/** @typedef {ReturnType<typeof Y.decodeUpdate>} Decoded */
/**
 * `new`: it is applied, and `update` is what it added; `nothing`: all of it is there already; `full`: it inserts where
 * only deletions are taken; `missing`: it builds on what is not there; `refused`: nobody could apply it, or it is over
 * a limit that `why` names. `lost`: that was seen too late, and the replica is to be made anew.
 * @typedef {{ kind: 'new', update: Uint8Array<ArrayBuffer> }
 * | { kind: 'nothing' }
 * | { kind: 'full' }
 * | { kind: 'missing', lost: boolean }
 * | { kind: 'refused', why: string | undefined, lost: boolean }} Tried
 */

class BeyondLimit extends Error {}

export class Replicas {
  /** @type {Map<number, Replica>} */
  #replicas = new Map()

  /**
   * Takes what the log holds. What contradicts the document is left out: nobody can apply it. So is what builds on
   * something that the log does not hold.
   * @param {number} id
   * @param {readonly Uint8Array[]} updates
   * @param {boolean} complete
   */
  add(id, updates, complete) {
    const replica = this.#replica(id)
    replica.doc.transact(() => {
      for (const update of updates) {
        try {
          Y.applyUpdate(replica.doc, update)
        } catch {
          // As said above.
        }
      }
    })
    if (complete) forgetPending(replica.doc)
    replica.stateVector = undefined
  }

  /**
   * Applies an update, all of it or nothing.
   * @param {number} id
   * @param {Uint8Array} update
   * @param {UpdateLimits} limits
   * @param {boolean} full Only deletions are taken.
   * @returns {Tried}
   */
  try(id, update, limits, full) {
    const { decoded, why } = decode(update, limits)
    if (!decoded) return { kind: 'refused', why, lost: false }
    const replica = this.#replica(id)
    const { missing, adds } = compare(replica.doc, decoded)
    if (missing) return { kind: 'missing', lost: false }
    if (!adds) return { kind: 'nothing' }
    if (full && decoded.structs.length > 0) return { kind: 'full' }
    const added = apply(replica.doc, update)
    replica.stateVector = undefined
    // Whatever it changed before it failed is not in the log.
    if (!added || added.pending) this.#replicas.delete(id)
    if (!added) return { kind: 'refused', why: undefined, lost: true }
    if (added.pending) return { kind: 'missing', lost: true }
    return added.update ? { kind: 'new', update: added.update } : { kind: 'nothing' }
  }

  /**
   * What of an update can be applied, as an update of its own. The replica stays as it is.
   * @param {number} id
   * @param {Uint8Array} update
   * @param {UpdateLimits} limits
   * @returns {Uint8Array<ArrayBuffer> | undefined}
   */
  part(id, update, limits) {
    if (!decode(update, limits).decoded) return undefined
    const copy = new Y.Doc()
    Y.applyUpdate(copy, Y.encodeStateAsUpdate(this.#replica(id).doc))
    return apply(copy, update)?.update
  }

  /**
   * Whether the document holds all that an update says.
   * @param {number} id
   * @param {Uint8Array} update
   * @param {UpdateLimits} limits
   */
  contains(id, update, limits) {
    const { decoded } = decode(update, limits)
    return decoded !== undefined && !compare(this.#replica(id).doc, decoded).adds
  }

  /** @param {number} id */
  stateVector(id) {
    const replica = this.#replica(id)
    replica.stateVector ??= own(Y.encodeStateVector(replica.doc))
    return replica.stateVector
  }

  /** @param {number} id */
  forget(id) {
    this.#replicas.delete(id)
  }

  /** @param {number} id */
  #replica(id) {
    const known = this.#replicas.get(id)
    if (known) return known
    const replica = { doc: new Y.Doc(), stateVector: undefined }
    this.#replicas.set(id, replica)
    return replica
  }
}

/**
 * Several updates as one. What was deleted is left out where they hold both it and its deletion.
 * @param {readonly Uint8Array[]} updates
 */
export function merged(updates) {
  const doc = new Y.Doc()
  doc.transact(() => {
    for (const update of updates) Y.applyUpdate(doc, update)
  })
  return own(Y.encodeStateAsUpdate(doc))
}

/**
 * @param {Y.Doc} doc
 * @param {Uint8Array} update
 * @returns {{ update: Uint8Array<ArrayBuffer> | undefined, pending: boolean } | undefined} undefined if it cannot be
 * applied
 */
function apply(doc, update) {
  /** @type {Uint8Array<ArrayBuffer> | undefined} */
  let added
  const hear = (/** @type {Uint8Array} */ made) => {
    added = own(made)
  }
  doc.on('update', hear)
  try {
    Y.applyUpdate(doc, update)
    const pending = doc.store.pendingStructs !== null || doc.store.pendingDs !== null
    return { update: added, pending: forgetPending(doc) || pending }
  } catch {
    return undefined
  } finally {
    doc.off('update', hear)
  }
}

/**
 * Yjs would decode and encode what is pending anew with each further update.
 * @param {Y.Doc} doc
 */
function forgetPending({ store }) {
  const pending = store.pendingStructs !== null || store.pendingDs !== null
  store.pendingStructs = null
  store.pendingDs = null
  return pending
}

/**
 * @param {Y.Doc} doc
 * @param {Decoded} decoded
 */
function compare({ store }, { structs, ds }) {
  let missing = false
  let adds = false
  /** The clock that each client has come to with this update. @type {Map<number, number>} */
  const ends = new Map()
  const end = (/** @type {number} */ client) => ends.get(client) ?? Y.getState(store, client)
  for (const struct of structs) {
    if (struct instanceof Y.Skip) continue
    const { id, length } = struct
    const reached = end(id.client)
    if (id.clock > reached) missing = true
    if (id.clock + length > reached) {
      adds = true
      ends.set(id.client, id.clock + length)
    }
  }
  for (const struct of structs) for (const id of basesOf(struct)) if (id.clock >= end(id.client)) missing = true
  for (const [client, ranges] of ds.clients) {
    for (const { clock, len } of ranges) {
      if (clock + len > end(client)) missing = true
      if (!adds && !isDeleted(store, client, clock, clock + len)) adds = true
    }
  }
  return { missing, adds }
}

/**
 * What must be there before a struct can be.
 * @param {Decoded['structs'][number]} struct
 * @returns {Y.ID[]}
 */
function basesOf(struct) {
  if (!(struct instanceof Y.Item)) return []
  return [struct.origin, struct.rightOrigin, struct.parent].filter((base) => base instanceof Y.ID)
}

/**
 * @param {Y.Doc['store']} store
 * @param {number} client
 * @param {number} from
 * @param {number} to
 */
function isDeleted(store, client, from, to) {
  const structs = store.clients.get(client)
  if (!structs || from >= Y.getState(store, client)) return false
  for (let index = Y.findIndexSS(structs, from); index < structs.length; index++) {
    const struct = structs[index]
    if (!struct || struct.id.clock >= to) break
    if (!struct.deleted) return false
  }
  return true
}

/**
 * @param {Uint8Array} update
 * @param {UpdateLimits} limits
 * @returns {{ decoded?: Decoded, why?: string | undefined }}
 */
function decode(update, limits) {
  try {
    return { decoded: Y.decodeUpdateV2(update, countingDecoder(limits)) }
  } catch (thrown) {
    return { why: thrown instanceof BeyondLimit ? thrown.message : undefined }
  }
}

/**
 * Counts while it decodes, so that an update over a limit is given up there.
 * @param {UpdateLimits} limits
 * @returns {typeof Y.UpdateDecoderV2}
 */
function countingDecoder(limits) {
  const left = { ...limits }
  const count = (/** @type {'structs' | 'clients' | 'ranges'} */ what) => {
    if (--left[what] < 0) throw new BeyondLimit(`it has more than ${limits[what]} ${what}`)
  }
  class Counting extends Y.UpdateDecoderV1 {
    /** @override */
    readInfo() {
      count('structs')
      return super.readInfo()
    }
    /** @override */
    readClient() {
      count('clients')
      return super.readClient()
    }
    /** @override */
    resetDsCurVal() {
      count('clients')
    }
    /** @override */
    readDsClock() {
      count('ranges')
      return super.readDsClock()
    }
    /** @override */
    readAny() {
      return shallow(super.readAny(), limits.depth)
    }
    /** @override */
    readJSON() {
      return shallow(super.readJSON(), limits.depth)
    }
  }
  // The two formats are read through the same methods.
  return /** @type {never} */ (Counting)
}

/**
 * @template T
 * @param {T} value
 * @param {number} most
 * @returns {T}
 */
function shallow(value, most) {
  let level = /** @type {unknown[]} */ ([value])
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > most) throw new BeyondLimit(`a value in it is nested more than ${most} deep`)
    level = level.flatMap((one) => (one !== null && typeof one === 'object' && !isBytes(one) ? Object.values(one) : []))
  }
  return value
}

/** @param {object} value */
function isBytes(value) {
  return value instanceof Uint8Array
}

/**
 * Bytes that can be handed to another thread: Yjs's own may be part of a larger buffer.
 * @param {Uint8Array} bytes
 * @returns {Uint8Array<ArrayBuffer>}
 */
function own(bytes) {
  return new Uint8Array(bytes)
}
