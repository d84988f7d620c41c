/** What `hub.yjs` can be told. */
import type { CompressionOptions } from '../../core/compression.js'
import type { Decision, PresenceOptions } from '../../core/rule.js'
import { AnywireError } from '../../protocol/error.js'

export interface YjsOptions {
  /**
   * Where documents are kept. A room is the channel `<channels>/<room>`, and its awareness is
   * `awareness/<channels>/<room>`.
   * @default 'yjs'
   */
  readonly channels?: string | undefined
  /**
   * Who may read a document and its awareness, and take part in its awareness. `context.params.rest` is the room.
   * @default true
   */
  readonly subscribe?: Decision | undefined
  /** Who may change a document. @default true */
  readonly publish?: Decision | undefined
  /**
   * As `presence` of a rule: who has a document open, in its roster `$presence/<channels>/<room>`.
   * @default false
   */
  readonly presence?: boolean | 'count' | PresenceOptions | undefined
  /** As `compress` of a rule. @default what the hub's `compress` says */
  readonly compress?: boolean | CompressionOptions | undefined
  /**
   * Updates of a document after which they are merged. A higher value merges less often, and lets a new reader read
   * more.
   * @default 200
   * @unit updates
   */
  readonly compactAfter?: number | undefined
  /**
   * With it the marks are made that say of which principal a client in a document is. Readers see the marks, so nobody
   * else may know it. All nodes of a store need the same.
   * @default one that the nodes keep in their store
   */
  readonly secret?: string | undefined
  /** Limits for documents and their updates. @default yjsLimitDefaults */
  readonly limits?: Partial<YjsLimits> | undefined
}

export interface YjsLimits {
  /** Largest update. A larger one ends its author's connection for good (4413). @default 8_388_608 */
  readonly messageBytes: number
  /** Largest document: all updates that are kept of it. A full one takes deletions only. @default 67_108_864 */
  readonly documentBytes: number
  /**
   * Updates that are held in memory of documents that were worked on in the last 30 s, in all. Beyond it the one whose
   * turn is longest ago is let go of, and read again when it is needed.
   * @default 268_435_456
   */
  readonly replicaBytes: number
  /** Insertions in one update, as Yjs counts them: text typed in one go is one. @default 200_000 @unit insertions */
  readonly structsPerUpdate: number
  /** Deleted ranges in one update. @default 200_000 @unit ranges */
  readonly rangesPerUpdate: number
  /** Clients whose changes are in one update. @default 10_000 @unit clients */
  readonly clientsPerUpdate: number
  /** Clients in the awareness of one document. @default 1_000 @unit clients */
  readonly clientsPerDocument: number
  /**
   * Of these, clients of one principal, and of one connection. Without `authenticate` everybody is one principal, who
   * is not limited.
   * @default 100
   * @unit clients
   */
  readonly clientsPerPrincipal: number
}

export const yjsLimitDefaults: YjsLimits = {
  messageBytes: 8 * 1_048_576,
  documentBytes: 64 * 1_048_576,
  replicaBytes: 256 * 1_048_576,
  structsPerUpdate: 200_000,
  rangesPerUpdate: 200_000,
  clientsPerUpdate: 10_000,
  clientsPerDocument: 1_000,
  clientsPerPrincipal: 100,
}

/** Fills in the defaults. @throws AnywireError `bad-request` for a limit that is unknown or no whole number from 1. */
export function resolveYjsLimits(partial: Partial<YjsLimits> = {}): YjsLimits {
  const limits: Record<string, number> = { ...yjsLimitDefaults }
  for (const [name, value] of Object.entries(partial)) {
    if (value === undefined) continue
    if (!Object.hasOwn(limits, name)) {
      const names = Object.keys(limits).join(', ')
      throw new AnywireError('bad-request', `hub.yjs has no limit "${name}": use one of ${names}.`)
    }
    if (!Number.isSafeInteger(value) || value < 1) {
      throw new AnywireError('bad-request', `The limit "${name}" of hub.yjs is ${value}: give a whole number from 1.`)
    }
    limits[name] = value
  }
  return limits as unknown as YjsLimits
}
