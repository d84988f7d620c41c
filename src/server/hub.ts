/** `createHub`: everything put together. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2'
import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { hubCompression } from '../core/compression.js'
import { checkCapabilities } from '../core/lacking.js'
import { resolveLimits } from '../core/limits.js'
import { createPublisher } from '../core/publish/publisher.js'
import { Delivery, type Opening } from '../core/reading/delivery.js'
import { gapError } from '../core/reading/gap-error.js'
import { compileRules } from '../core/rule-table.js'
import { guarded } from '../core/user-function.js'
import { AnywireError } from '../protocol/error.js'
import { type ChannelName, checkName } from '../protocol/name.js'
import { closedHub, GuardedStore } from '../stores/guarded.js'
import { memory } from '../stores/memory/memory.js'
import { Compressor } from '../wires/compressor.js'
import { streamOf } from '../wires/http2.js'
import { Connections } from './connections.js'
import { contained } from './contained.js'
import type { Context } from './context.js'
import { checkSelector, type Selector, sentAway } from './door/arrivals.js'
import { BodyTimes } from './door/body-times.js'
import { createCensus } from './door/census.js'
import { createDoor } from './door/door.js'
import { mostFrameBytes } from './door/frame-limits.js'
import { FrameTime } from './door/frame-time.js'
import { Receiving } from './door/receiving.js'
import { Turns } from './door/turns.js'
import { unknownChannel } from './forms/catch-up.js'
import { type ReadOptions, type Received, readLocally } from './forms/local-reader.js'
import { CompressedPages } from './http/compressed-pages.js'
import { sendError } from './http/exchange.js'
import { checkPath, queryOf, type Target, targetOf, urlOf } from './http/target.js'
import { Doubts } from './http/varnish.js'
import { Leaving } from './leaving.js'
import {
  checkAttachOptions,
  checkCloseOptions,
  checkHubOptions,
  checkReadOptions,
  checkYjsOptions,
} from './option-check.js'
import type { HubOptions } from './options.js'
import { createReport } from './report.js'
import { answer } from './routes.js'
import { type AttachableServer, attachTo, type Handlers, type Mount } from './upgrade/attach.js'
import { checkAsked, checkServer } from './upgrade/attachable.js'
import { connectHandshake } from './upgrade/connect.js'
import { offersWebSocket, putBack, serverOf } from './upgrade/put-back.js'
import { answerUpgrade, type UpgradeRequest, upgradeHandshake } from './upgrade/upgrade.js'
import type { PublishOptions } from './write-options.js'
import { createWriter, type Published, type Writer } from './writer.js'
import { Documents } from './yjs/documents.js'
import type { YjsOptions } from './yjs/options.js'
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
}

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

export interface Hub extends Writer {
  /** Reads a channel in this process; leaving the loop ends it. */
  subscribe(channel: ChannelName, options?: ReadOptions): AsyncGenerator<Received, void, undefined>
  channel(name: ChannelName): HubChannel
  /** Answers a request under the mount path: for Express, Fastify, Hono, `http.createServer` or `http2.createServer`, there also those of the event 'connect'. */
  readonly handle: (
    request: IncomingMessage | Http2ServerRequest,
    response: ServerResponse | Http2ServerResponse,
  ) => void
  /** Answers an upgrade request under the mount path. */
  readonly upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void
  /**
   * Serves the mount path on a server of `node:http`, `node:https` or `node:http2` (see `http2Options`); requests elsewhere, other listeners and the
   * server's settings are left alone. Of HTTP/2, sessions of one address are limited and idle ones ended, whatever path they ask for. Answers what undoes it.
   */
  attach(server: AttachableServer, options?: { readonly path?: string }): () => void
  /**
   * Serves Yjs documents to y-websocket's own provider, as it is, at `<path>/<room>`: a room is the channel `yjs/<room>`, which `anywire/yjs` reads and
   * writes too, so that both edit one document. Servers that the hub is attached to, before or after, serve the path. Who comes in, `authenticate`
   * says; who may do what, the options: what they say of these channels holds before the hub's rules. Long logs are compacted. Needs the package `yjs`.
   * Where only PUT creates channels, a document and its `awareness/yjs/<room>` are to be created with the type `application/octet-stream`.
   * @throws AnywireError `bad-request` for a path or an option that cannot be.
   */
  yjs(path: string, options?: YjsOptions): HubMount
  /**
   * Ends connections by principal or channel, what is being opened too, and says how many connections those were. `{}` ends everybody's.
   * @throws AnywireError `bad-request` for a field that is unknown or undefined.
   */
  disconnect(selector: Selector): number
  stats(): HubStats
  /**
   * Takes nothing new, waits for the publishes under way, tells every client to come back elsewhere, spread over `graceMs` milliseconds (default 2,000),
   * and ends all connections and the store. Takes `graceMs` at most, and the time in which the store closes; less if all that was written has left.
   * From then on every call rejects or throws an AnywireError `draining`, and so do loops over `subscribe` when they have got what was theirs. Requests
   * are answered with it. Only `stats`, `disconnect` and `close` itself go on to answer. Called again, it is the same closing.
   */
  close(options?: { readonly graceMs?: number }): Promise<void>
}

/** @throws AnywireError `bad-request` for options that cannot be. */
export function createHub(options: HubOptions = {}): Hub {
  const context = createContext(checkHubOptions(options))
  const { publisher, limits } = context
  const { fragmentsPerMessage: mostFragments } = limits

  const writer = createWriter(context)

  const at = (path: string) => (request: IncomingMessage) => targetOf(urlOf(request), path, limits.nameBytes)
  const upgradeOn = (socket: Duplex, upgrade: UpgradeRequest, serve: (upgrade: UpgradeRequest) => unknown) =>
    contained(
      () => serve(upgrade),
      (thrown) => upgrade.handshake.refuse(context.report(thrown)),
      () => socket.destroy(),
    )
  const handlers = (
    find: (request: IncomingMessage) => Target,
    serveUpgrade: (upgrade: UpgradeRequest) => Promise<void>,
    mostBytes = () => mostFrameBytes(context),
  ): Handlers => ({
    handle(...asked: Parameters<Hub['handle']>) {
      checkAsked(...asked)
      // What HTTP/2 gives has the shape of what HTTP/1.1 does, in all that is read of it here.
      const [request, response] = asked as [IncomingMessage, ServerResponse]
      const stream = request.method === 'CONNECT' ? streamOf(response) : undefined
      if (stream) {
        const handshake = connectHandshake({ mostBytes, mostFragments }, request, stream, limits.stallMs)
        return upgradeOn(stream, { context, request, handshake }, serveUpgrade)
      }
      contained(
        () => answer(context, request, response, () => find(request)),
        (thrown) => sendError(context, response, context.report(thrown), undefined),
        () => response.destroy(),
      )
    },
    upgrade(request: IncomingMessage, socket: Duplex, head: Buffer) {
      const server = offersWebSocket(request) ? undefined : serverOf(request)
      if (server && socket instanceof Socket) return putBack(server, request, socket, head)
      const handshake = upgradeHandshake({ mostBytes, mostFragments }, request, socket, head)
      upgradeOn(socket, { context, request, handshake }, serveUpgrade)
    },
  })
  const channels = (find: (request: IncomingMessage) => Target) =>
    handlers(find, (upgrade) => answerUpgrade(upgrade, () => find(upgrade.request)))
  const mounts: Mount[] = []
  const subscribe: Hub['subscribe'] = (channel, reading = {}) => {
    checkReadOptions(reading)
    return readLocally(context, checkName(channel, limits.nameBytes), reading)
  }

  return {
    ...writer,
    subscribe,
    ...channels(at(context.path)),
    channel(name) {
      checkName(name, limits.nameBytes)
      const own = (request: IncomingMessage) => ({ channel: name, query: queryOf(urlOf(request)) })
      return {
        publish: (data, published) => writer.publish(name, data, published),
        subscribe: (reading) => subscribe(name, reading),
        ...channels(own),
      }
    },
    attach(server, options = {}) {
      context.checkOpen()
      checkAttachOptions(options)
      checkServer(server)
      const path = checkPath(options.path ?? context.path)
      const own: Mount = { path, handlers: channels(at(path)) }
      const alone = [own]
      const limits = { ...context.limits, proxied: context.door.proxied }
      return attachTo(server, {
        path,
        mounts: () => (mounts.length === 0 ? alone : [own, ...mounts]),
        closing: () => context.draining,
        limits,
      })
    },
    yjs(path, asked = {}) {
      context.checkOpen()
      checkYjsOptions(asked)
      const find = at(checkPath(path))
      const documents = new Documents(context, asked)
      const rules = documents.rules()
      checkCapabilities(rules, context.store)
      context.rules.precede(rules)
      const refuse = (request: IncomingMessage) => {
        context.door.check(request)
        refusePlain()
      }
      const made = handlers(
        refuse,
        (upgrade) => answerYUpgrade(upgrade, documents, () => find(upgrade.request).channel),
        () => documents.frameBytes,
      )
      mounts.push({ path, handlers: made })
      return made
    },
    disconnect: (selector) => context.connections.disconnect(checkSelector(selector)),
    stats: () => ({
      ...context.delivery.count(),
      connections: context.connections.size,
      requests: context.connections.arriving,
      reads: context.delivery.reads.pending,
      publishers: publisher.busyLanes,
      timers: context.delivery.wheel.size,
    }),
    async close(options = {}) {
      checkCloseOptions(options)
      await context.close(options.graceMs ?? 2_000)
    },
  }
}

interface OwnContext extends Context {
  /** @throws AnywireError `draining` once the hub is closing. */
  checkOpen(): void
  close(graceMs: number): Promise<void>
}

function createContext(options: HubOptions): OwnContext {
  const limits = resolveLimits(options.limits)
  const create = options.create ?? 'on-use'
  const { functionMs, storeMs } = limits
  const rules = compileRules(options.rules ?? {}, {
    create,
    manage: options.authenticate ? false : 'as-publish',
    compress: hubCompression(options.compress),
    functionMs,
  })
  const report = createReport(options.onError)
  const store: GuardedStore = new GuardedStore(options.store ?? memory(), {
    storeMs,
    onError: report,
    onAway: () => delivery.doubt(),
    onAppended: (channel) => delivery.policies.used(channel),
  })
  checkCapabilities(options.rules ?? {}, store)
  const delivery: Delivery = new Delivery({
    store,
    limits,
    contentType: (channel) => rules.of(channel).config.contentType,
    policyOf: (channel) => rules.of(channel).config,
    onError: report,
  })
  const connections = new Connections(delivery.wheel, createCensus(limits))
  const checkCreated = (opened: Opening): Opening => {
    const { result, log } = opened
    if (create === 'on-use' || result.kind === 'gone' || result.info.exists) return opened
    opened.release()
    throw unknownChannel(log.name)
  }
  const leaving = new Leaving()
  const publisher = createPublisher({
    store,
    rules,
    limits,
    create,
    refusal: () => (leaving.begun ? closedHub() : undefined),
    onError: report,
  })

  return {
    path: checkPath(options.path ?? '/channels'),
    create,
    limits,
    requestLimits: {
      depth: limits.jsonDepth,
      channels: limits.channelsPerConnection,
      messages: limits.messagesPerPublish,
    },
    store,
    rules,
    publisher,
    delivery,
    compressor: new Compressor((channel) => rules.of(channel).compress),
    pages: new CompressedPages(delivery.wheel),
    door: createDoor({
      ...options,
      authenticate: options.authenticate && guarded('"authenticate"', options.authenticate, functionMs),
    }),
    connections,
    receiving: new Receiving(limits),
    bodyTimes: new BodyTimes(limits),
    frameTime: new FrameTime(report),
    turns: new Turns(limits),
    doubts: new Doubts(),
    report,
    get draining() {
      return leaving.begun
    },
    checkRoom(address) {
      leaving.check()
      connections.checkRoom(address)
    },
    welcome(connection, { address, arrival }, guest, channels) {
      leaving.check()
      connections.add(connection, guest, address)
      if (arrival?.isEnded(connection.principal, channels)) connection.close(sentAway())
    },
    open(channel, position) {
      leaving.check()
      const opened = delivery.open(channel, position)
      return opened instanceof Promise ? opened.then(checkCreated) : checkCreated(opened)
    },
    lossOf(channel, result) {
      if (result.kind === 'gone') return new AnywireError('gone', `The channel "${channel}" was deleted.`)
      return gapError(channel, result)
    },
    checkOpen: () => leaving.check(),
    close: (graceMs) => leaving.leave({ graceMs, publisher, connections, delivery, store }),
  }
}
