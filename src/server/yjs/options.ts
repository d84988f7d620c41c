/** What `hub.yjs` can be told. */
import type { CompressionOptions } from '../../core/compression.js'
import type { Decision } from '../../core/rule.js'

export interface YjsOptions {
  /** Where documents are kept: a room is the channel `<channels>/<room>`, and its awareness `awareness/<channels>/<room>`. @default 'yjs' */
  readonly channels?: string | undefined
  /** Who may read a document, see who is there and say that they are. `context.params.rest` is the room. @default true */
  readonly subscribe?: Decision | undefined
  /** Who may change a document. @default true */
  readonly publish?: Decision | undefined
  /** As in a rule. @default what the hub's `compress` says */
  readonly compress?: boolean | CompressionOptions | undefined
  /** Updates of a document after which they are merged. Higher merges less often, and lets a new reader read more. @default 200 */
  readonly compactAfter?: number | undefined
}
