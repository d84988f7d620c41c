/** `anywire`: the server. */

export type { ServeConfig } from './config/schema.js'
export { type Claims, grantsOf } from './core/access/claims.js'
export type { Action, Grants } from './core/access/grants.js'
export type { Revocable, Revocation } from './core/access/revoked.js'
export type { HubEvent } from './core/events.js'
export { type Limits, limitDefaults } from './core/limits.js'
export { type Meter, noMeter, type StoreCall, type Tally } from './core/meter.js'
export type { Incoming, PresenceOptions, Principal, RevocableFacts, Rule, RuleContext, Rules } from './core/rule.js'
export type {
  AppendOptions,
  AppendResult,
  ChannelConfig,
  ChannelInfo,
  CreateOptions,
  CreateResult,
  Fork,
  ForkOptions,
  ForkResult,
  Forks,
  Known,
  Limit,
  NewMessage,
  Page,
  Policy,
  Producer,
  ReadResult,
  Retention,
  Store,
  StoreCapabilities,
  Wake,
} from './core/store.js'
export type { TracedEnd, TracedPlace, TracedReading, Tracing } from './core/tracing.js'
export type { Wire } from './core/wire.js'
export { type Pages, type PagesOptions, pages } from './pages/pages.js'
export type { Slow } from './protocol/anywire-v1.js'
export { AnywireError, type ErrorCode, type ErrorDetails } from './protocol/error.js'
export type { Framing } from './protocol/framing.js'
export type { Gap, GapReason, Kind, Message, Slice } from './protocol/message.js'
export type { ChannelName } from './protocol/name.js'
export {
  microsOf,
  mintOffset,
  numberOf,
  type Offset,
  type Position,
  whenOf,
  zeroOffset,
} from './protocol/offset.js'
export type { CloseOptions } from './server/closing.js'
export type { Selector } from './server/door/arrivals.js'
export type { SignedUrlOptions, SignUrlOptions } from './server/door/signed-urls.js'
export type { ReadOptions, Received } from './server/forms/local-reader.js'
export type { History, HistoryOptions } from './server/history.js'
export {
  createHub,
  type Hub,
  type HubChannel,
  type HubMount,
  type HubPresence,
  type HubStats,
  type Readiness,
} from './server/hub.js'
export type { ChannelFacts, Inspection, Lag, ReaderFacts } from './server/inspect.js'
export type { Authenticate, Credential, HubOptions } from './server/options.js'
export type { Count, Member } from './server/presence/member.js'
export type { PresentMembers } from './server/presence/presence.js'
export type { Reconfiguration } from './server/reconfigure.js'
export type { RevocationOptions } from './server/revocation/options.js'
export type { RevokeTarget } from './server/revocation/target.js'
export type { BatchMessage } from './server/spelling.js'
export type { AttachableServer } from './server/upgrade/attach.js'
export { type Http2Options, http2Options } from './server/upgrade/http2-options.js'
export type { ChannelOptions, PublishOptions } from './server/write-options.js'
export type { Published } from './server/writer.js'
export type { YjsOptions } from './server/yjs/options.js'
export { memory } from './stores/memory/memory.js'
export type { MemoryOptions } from './stores/memory/options.js'
export { routed } from './stores/routed.js'
export { localhostCertificate } from './tls/local-certificate.js'
