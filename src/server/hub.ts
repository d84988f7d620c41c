/** `createHub`: what a program calls, and the paths that a hub serves. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2'
import type { Duplex } from 'node:stream'
import type { Revocation } from '../core/access/revoked.js'
import { checkCapabilities } from '../core/lacking.js'
import type { Limits } from '../core/limits.js'
import type { Rules } from '../core/rule.js'
import { AnywireError } from '../protocol/error.js'
import { type ChannelName, checkName } from '../protocol/name.js'
import type { CloseOptions } from './closing.js'
import type { Context } from './context.js'
import { checkSelector, type Selector } from './door/arrivals.js'
import type { SignUrlOptions } from './door/signed-urls.js'
import { type ReadOptions, type Received, readLocally } from './forms/local-reader.js'
import { type History, type HistoryOptions, history, trim } from './history.js'
import { checkPath, namesOf, queryOf, type Target, targetOf, urlOf } from './http/target.js'
import { HubContext } from './hub-context.js'
import { type Inspection, inspect } from './inspect.js'
import { createHandlers } from './mount.js'
import {
  checkAttachOptions,
  checkCloseOptions,
  checkHubOptions,
  checkReadOptions,
  checkYjsOptions,
} from './option-check.js'
import type { HubOptions } from './options.js'
import type { PresentMembers } from './presence/presence.js'
import type { Reconfiguration } from './reconfigure.js'
import type { RevokeTarget } from './revocation/target.js'
import { type AttachableServer, attachTo, type Mount, type MountHandlers } from './upgrade/attach.js'
import { checkServer } from './upgrade/attachable.js'
import type { PublishOptions } from './write-options.js'
import { createWriter, type Published, type Writer } from './writer.js'
import { Documents } from './yjs/documents.js'
import type { YjsOptions } from './yjs/options.js'
import { checkYjs } from './yjs/thread.js'
import { answerYUpgrade, refusePlain } from './yjs/upgrade.js'

export interface HubStats {
  readonly connections: number
  /** Requests that are being let in or answered, and are no connection yet. */
  readonly requests: number
  readonly subscriptions: number
  /** Channels that somebody reads on this node. */
  readonly channels: number
  /** Bytes that the windows of these channels hold on to. */
  readonly windowBytes: number
  /** Reads of the store under way or waiting. */
  readonly reads: number
  /** Connections and producers whose publishes are being worked on, one after another. */
  readonly publishers: number
  /** What waits for its time: heartbeats, polls, expiries, channels about to be let go of. */
  readonly timers: number
  /** From 0 to 1: the share of the clients that was told to leave, while the hub closes. */
  readonly drained: number
  /** Members present in channels that are read here, on all nodes. */
  readonly present: number
  /** Bytes of slices that were compressed, each once; and of what became of them. Both only rise. */
  readonly compressibleBytes: number
  readonly compressedBytes: number
}

/** `draining`: it is leaving. `store-down`: its store cannot be asked. */
export type Readiness = 'ready' | 'draining' | 'store-down'

/** One channel, mounted at a path of one's own or used in the program. */
export interface HubChannel {
  publish(data: unknown, options?: PublishOptions): Promise<Published>
  subscribe(options?: ReadOptions): AsyncGenerator<Received, void, undefined>
  /** Answers any request, whatever its path, as one for this channel. */
  readonly handle: (
    request: IncomingMessage | Http2ServerRequest,
    response: ServerResponse | Http2ServerResponse,
  ) => void
  readonly upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void
}

/** What answers requests under a path: for Express, Fastify, Hono, `http.createServer` or `http2.createServer`. */
export interface HubMount {
  readonly handle: HubChannel['handle']
  readonly upgrade: HubChannel['upgrade']
}

/** Who is present in a channel whose rule has `presence`. */
export interface HubPresence {
  /** Who is present on all nodes, as the roster says now. @throws AnywireError if the store cannot be asked. */
  members(): Promise<PresentMembers>
  /** Sets the state of a principal, as its own publish to the roster would. @throws AnywireError `too-large`, `too-many` */
  set(principal: string, state: unknown): void
}

export interface Hub extends Writer {
  /** Reads a channel in this process; leaving the loop ends it. */
  subscribe(channel: ChannelName, options?: ReadOptions): AsyncGenerator<Received, void, undefined>
  channel(name: ChannelName): HubChannel
  /** @throws AnywireError `not-acceptable` where the channel's rule has no `presence`. */
  presence(channel: ChannelName): HubPresence
  /**
   * Answers a request under the mount path: for Express, Fastify, Hono, `http.createServer` or `http2.createServer`,
   * there also those of the event 'connect'.
   */
  readonly handle: (
    request: IncomingMessage | Http2ServerRequest,
    response: ServerResponse | Http2ServerResponse,
  ) => void
  /** Answers an upgrade request under the mount path. */
  readonly upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void
  /**
   * Serves the mount path on a server of `node:http`, `node:https` or `node:http2` (see `http2Options`); requests
   * elsewhere, other listeners and the server's settings are left alone. Of HTTP/2, sessions of one address are limited
   * and idle ones ended, whatever path they ask for. Answers what undoes it.
   */
  attach(server: AttachableServer, options?: { readonly path?: string }): () => void
  /**
   * Serves Yjs documents to y-websocket's own provider, as it is, at `<path>/<room>`: a room is the channel
   * `yjs/<room>`, which `anywire/yjs` reads and writes too, so that both edit one document. Servers that the hub is
   * attached to, before or after, serve the path. Who comes in, `authenticate` says; who may do what, the options: what
   * they say of these channels holds before the hub's rules. Long logs are compacted. Needs the package `yjs`. Where
   * only PUT creates channels, a document and its `awareness/yjs/<room>` are to be created with the type
   * `application/octet-stream`.
   * @throws AnywireError `bad-request` for a path or an option that cannot be, `internal` without the package.
   */
  yjs(path: string, options?: YjsOptions): HubMount
  /**
   * Ends connections by principal or channel, what is being opened too, and resolves with how many connections those
   * were; or one alone, as `$connections` names it. `{}` ends everybody's. Up to 100 are ended before it returns; where
   * more have to be asked, the loop is free between. With a store that several nodes share, all of them do so; those
   * that others end are not counted.
   * @throws AnywireError `bad-request` for a field that is unknown or undefined. Never rejects.
   */
  disconnect(selector: Selector): Promise<number>
  /**
   * Refuses credentials from now on, on all nodes, and ends within a second what they have opened: one token, or all
   * that a principal, session or tenant has had until now, or everybody's right to a channel. Kept in the store, for as
   * long as `revocation.keepMs` says. Resolves when the store has it; this node acts at once, even if that fails.
   * @throws AnywireError `bad-request` for a target that cannot be. Rejects if the store cannot be asked: then it is
   * written as soon as it can
   */
  revoke(target: RevokeTarget): Promise<Revocation>
  /**
   * A path with a query that lets whoever has it do this on one channel: `/channels/chat/7?grant=…`. The query may be
   * put on other URLs of that channel, too. Needs the option `signedUrls`.
   * @throws AnywireError `bad-request`
   */
  signUrl(channel: ChannelName, options?: SignUrlOptions): string
  /**
   * Takes over other rules, limits, credentials (`authenticate`, `signedUrls`), `origins` and `hosts` while it runs: all
   * of it, or nothing. What is given stands in place of what was given before, whole; what is left out stays. It counts
   * for what is asked from now on. Connections and readings that are open stay as they were let in, with their times,
   * until they come back: `disconnect` ends them.
   * @throws AnywireError `bad-request` for what cannot be, and for what holds from start to end, such as `store`, the
   * limits `storeMs`, `readsAtOnce`, `nodeLeaseMs`, `sessionsPerAddress` and `sessionIdleMs`, or `presence` of a rule
   */
  reconfigure(changes: Reconfiguration): void
  stats(): HubStats
  /** The mount path. */
  readonly path: string
  /** The rules that are in effect, as they were given. */
  rules(): Rules
  /** A page of what a channel holds. @throws AnywireError `bad-request`, `gap`, `gone` */
  history(channel: ChannelName, options?: HistoryOptions): Promise<History>
  /**
   * Takes away all but the newest `keep` messages, and says whether there was such a channel. The newest message of each
   * key stays, where keys are kept.
   * @throws AnywireError `not-acceptable` where the store keeps channels as they were created.
   */
  trim(channel: ChannelName, keep: number): Promise<boolean>
  /**
   * Lets a node of the store leave, by the name that it has in `$stats`: its option `onDrain` is called. Without a name
   * it is this one. Answers the name at once.
   */
  drain(node?: string): string
  /** It tells of itself in channels: the option `statistics`. */
  readonly tells: boolean
  /** Walks over the channels and readers of this node, for metrics: what there is at the moment of each step. */
  inspect(): Inspection
  /**
   * Whether clients should be sent here: not while it is leaving, nor while its store answers nothing. The store is
   * asked each time, for 2 s at most. Never rejects.
   */
  readiness(): Promise<Readiness>
  /**
   * Takes nothing new, waits for the publishes under way, tells every client to come back elsewhere, spread over
   * `graceMs` milliseconds (default 2,000), and ends all connections and the store. Takes `graceMs` at most, and the
   * time in which the store closes; less if all that was written has left. With `lameMs` and `perSecond` it leaves
   * without haste: everybody is served until it is his turn to go. From then on every call rejects or throws an
   * AnywireError `draining`, and so do loops over `subscribe` when they have got what was theirs. Requests are answered
   * with it. Only `stats`, `disconnect` and `close` itself go on to answer. Called again, it is the same closing.
   */
  close(options?: CloseOptions): Promise<void>
}

/** @throws AnywireError `bad-request` for options that cannot be. */
export function createHub(options: HubOptions = {}): Hub {
  const context = new HubContext(checkHubOptions(options))
  const { limits } = context
  const writer = createWriter(context)
  const mounts: Mount[] = []
  const targetBelow = targetsOf(limits)
  const mountAt = (path: string) => createHandlers({ context, find: targetBelow(path) })
  const subscribe: Hub['subscribe'] = (channel, reading = {}) => {
    checkReadOptions(reading)
    return readLocally(context, checkName(channel, limits.nameBytes), reading)
  }

  return {
    ...writer,
    subscribe,
    ...mountAt(context.path),
    channel(name) {
      checkName(name, limits.nameBytes)
      const find = (request: IncomingMessage) => ({ channel: name, query: queryOf(urlOf(request)) })
      return {
        publish: (data, published) => writer.publish(name, data, published),
        subscribe: (reading) => subscribe(name, reading),
        ...createHandlers({ context, find }),
      }
    },
    presence(channel) {
      context.checkOpen()
      context.presence.check(checkName(channel, limits.nameBytes))
      return {
        members: () => context.presence.members(channel),
        set: (principal, state) => context.presence.say(channel, principal, state),
      }
    },
    attach(server, options = {}) {
      context.checkOpen()
      checkAttachOptions(options)
      checkServer(server)
      const path = checkPath(options.path ?? context.path)
      const own: Mount = { path, handlers: mountAt(path) }
      const alone = [own]
      return attachTo(server, {
        path,
        mounts: () => (mounts.length === 0 ? alone : [own, ...mounts]),
        closing: () => context.draining,
        limits: { ...limits, proxied: context.door.proxied },
      })
    },
    yjs(path, asked = {}) {
      context.checkOpen()
      checkYjsOptions(asked)
      checkYjs()
      const handlers = mountDocuments(context, targetBelow(checkPath(path)), asked)
      mounts.push({ path, handlers })
      return handlers
    },
    ...operating(context),
    async close(options = {}) {
      checkCloseOptions(options)
      await context.close(options)
    },
  }
}

/** What operators ask of a hub. */
function operating(
  context: HubContext,
): Pick<
  Hub,
  | 'disconnect'
  | 'revoke'
  | 'signUrl'
  | 'stats'
  | 'path'
  | 'rules'
  | 'history'
  | 'trim'
  | 'drain'
  | 'tells'
  | 'inspect'
  | 'reconfigure'
  | 'readiness'
> {
  return {
    disconnect(selector) {
      const disconnect = checkSelector(selector)
      context.nodes.say({ disconnect })
      return context.connections.disconnect(disconnect)
    },
    async revoke(target) {
      context.checkOpen()
      return context.revocations.revoke(target)
    },
    signUrl: (channel, options) => signUrl(context, channel, options),
    reconfigure: (changes) => context.reconfigure(changes),
    stats: () => statsOf(context),
    path: context.path,
    rules: () => context.given,
    async history(channel, asked) {
      context.checkOpen()
      return history(context, channel, asked ?? {})
    },
    async trim(channel, keep) {
      context.checkOpen()
      return trim(context, channel, keep)
    },
    drain: (node) => context.drain(node),
    tells: context.statistics !== undefined,
    inspect: () => inspect(() => context.delivery.channels()),
    readiness: () => readinessOf(context),
  }
}

/** What finds the target of a request below a path. */
function targetsOf(limits: Limits) {
  const nameOf = namesOf(limits)
  return (path: string) => (request: IncomingMessage) => targetOf(urlOf(request), path, nameOf)
}

/** How long the store may take to show that it can be asked. */
const readyMs = 2_000

async function readinessOf({ leaving, store }: HubContext): Promise<Readiness> {
  if (leaving) return 'draining'
  const late = new Promise<Readiness>((done) => setTimeout(done, readyMs, 'store-down').unref())
  const asked = store.position(['$ready']).then(
    ([known]): Readiness => (known === 'away' ? 'store-down' : 'ready'),
    (): Readiness => 'store-down',
  )
  return Promise.race([asked, late])
}

function signUrl({ door, path, limits }: Context, channel: ChannelName, options: SignUrlOptions = {}): string {
  checkName(channel, limits.nameBytes)
  if (!door.signedUrls) {
    throw new AnywireError('bad-request', 'Signed URLs are switched off: give createHub "signedUrls: { secret }".')
  }
  const grant = door.signedUrls.sign(channel, options, Date.now())
  return `${path}/${channel.split('/').map(encodeURIComponent).join('/')}?grant=${grant}`
}

/** The documents of `hub.yjs`: their rules stand before all others. */
function mountDocuments(
  context: Context,
  find: (request: IncomingMessage) => Target,
  options: YjsOptions,
): MountHandlers {
  const documents = new Documents(context, options)
  const rules = documents.rules()
  checkCapabilities(rules, context.store)
  context.rules.precede(rules)
  const refuse = (request: IncomingMessage) => {
    context.door.check(request)
    refusePlain()
  }
  return createHandlers({
    context,
    find: refuse,
    serveUpgrade: (upgrade) => answerYUpgrade(upgrade, documents, () => find(upgrade.request).channel),
    mostBytes: () => documents.frameBytes,
  })
}

function statsOf(context: HubContext): HubStats {
  const { delivery, connections, publisher, drained, presence, compressor } = context
  return {
    ...context.counts(),
    connections: connections.size,
    requests: connections.arriving,
    reads: delivery.reads.pending,
    publishers: publisher.busyLanes,
    timers: delivery.wheel.size,
    drained,
    present: presence.present,
    compressibleBytes: compressor.bytes.before,
    compressedBytes: compressor.bytes.after,
  }
}
