/** What the parts of a hub's server share, put together from its options. */

import type { IncomingMessage } from 'node:http'
import { refuseChannel } from '../core/access/refusals.js'
import { type OnEvent, safeEvents } from '../core/events.js'
import { checkCapabilities } from '../core/lacking.js'
import { type Limits, resolveLimits } from '../core/limits.js'
import { type Meter, noMeter, safeMeter } from '../core/meter.js'
import { revokedChannel } from '../core/own-channels.js'
import type { PublisherOptions } from '../core/publish/commands.js'
import { MeteredPublisher } from '../core/publish/metered.js'
import { Publisher } from '../core/publish/publisher.js'
import { TracedPublisher } from '../core/publish/traced.js'
import type { Connection } from '../core/reading/connection.js'
import { Delivery, type Opening } from '../core/reading/delivery.js'
import { gapError } from '../core/reading/gap-error.js'
import type { Principal, Rules } from '../core/rule.js'
import type { RuleTable } from '../core/rule-table.js'
import type { ReadResult } from '../core/store.js'
import { safeTracing, type Tracing, traceOf } from '../core/tracing.js'
import { guarded } from '../core/user-function.js'
import type { RequestLimits } from '../protocol/anywire-v1.js'
import { AnywireError } from '../protocol/error.js'
import type { ChannelName } from '../protocol/name.js'
import type { Position } from '../protocol/offset.js'
import { GuardedStore } from '../stores/guarded.js'
import { closedHub } from '../stores/guarded-calls.js'
import { memory } from '../stores/memory/memory.js'
import { Compressor } from '../wires/compressor.js'
import { type CloseOptions, Closing } from './closing.js'
import { Connections } from './connections.js'
import type { Context } from './context.js'
import { AcceptPace } from './door/accept-pace.js'
import { AnswerTurns } from './door/answer-turns.js'
import { sentAway } from './door/arrivals.js'
import { BodyTimes } from './door/body-times.js'
import { createConnectionCounter } from './door/connection-counter.js'
import { redact } from './door/credentials.js'
import { type Admission, createDoor, type Door } from './door/door.js'
import { FrameTime } from './door/frame-time.js'
import { Receiving } from './door/receiving.js'
import type { FormHooks } from './form-hooks.js'
import { unknownChannel } from './forms/channel-info.js'
import { CompressedPages } from './http/compressed-pages.js'
import { checkPath } from './http/target.js'
import { HeadQuirk } from './http/varnish.js'
import { rulesOf } from './hub-rules.js'
import type { NodeMessage } from './nodes/node-message.js'
import { Nodes } from './nodes/nodes.js'
import type { HubOptions } from './options.js'
import { Presence } from './presence/presence.js'
import { changedLimits, changedOptions, type Reconfiguration } from './reconfigure.js'
import { createReport } from './report.js'
import { isMeant, Revocations } from './revocation/revocations.js'
import { Statistics } from './statistics/statistics.js'
import { StatisticsMeter } from './statistics/statistics-meter.js'
import { tracedOpening } from './traced-opening.js'

/** How a hub leaves that is told to, where the program does not say how. */
const usualDrain: CloseOptions = { perSecond: null, graceMs: 30_000 }

export class HubContext implements Context {
  readonly path: string
  readonly create: 'on-use' | 'explicit'
  readonly limits: Limits
  readonly requestLimits: RequestLimits
  readonly report: (thrown: unknown) => AnywireError
  readonly meter: Meter
  readonly tracing: Tracing | undefined
  readonly tell: OnEvent
  readonly rules: RuleTable
  readonly store: GuardedStore
  readonly delivery: Delivery
  readonly publisher: Publisher
  readonly compressor: Compressor
  readonly pages: CompressedPages
  door: Door
  readonly connections: Connections
  pace: AcceptPace
  readonly presence: Presence
  readonly receiving: Receiving
  bodyTimes: BodyTimes
  readonly frameTime: FrameTime
  readonly turns: AnswerTurns
  readonly nodes: Nodes
  readonly revocations: Revocations
  readonly statistics: Statistics | undefined
  readonly headQuirk = new HeadQuirk()
  readonly #closing = new Closing()
  #options: HubOptions

  /** @throws AnywireError `bad-request` for a path, rules or limits that cannot be, or that the store cannot keep. */
  constructor(options: HubOptions) {
    const limits = resolveLimits(options.limits)
    this.limits = limits
    this.#options = options
    this.path = checkPath(options.path ?? '/channels')
    this.create = options.create ?? 'on-use'
    this.report = createReport(options.onError)
    const given = safeMeter(options.meter, this.report)
    const counting = options.statistics ? new StatisticsMeter(given) : undefined
    this.meter = counting ?? given
    this.tracing = safeTracing(options.tracing, this.report)
    this.tell = safeEvents(options.onEvent, this.report)
    this.requestLimits = requestLimitsOf(limits)
    this.rules = rulesOf(options, this.create, limits, (message, who) => this.presence.receive(message, who))
    this.store = this.#guard(options)
    this.delivery = this.#deliver()
    const publishing = {
      store: this.store,
      rules: this.rules,
      limits,
      create: this.create,
      refusal: () => (this.draining ? closedHub() : undefined),
      revoked: (principal: Principal, channel: ChannelName) => this.revocations.refusal(principal, channel),
      hold: (address: string, bytes: number) => this.receiving.hold(address, bytes),
      onError: this.report,
    }
    this.publisher = this.#publisherOf(publishing, given)
    this.presence = new Presence(this)
    this.compressor = new Compressor((channel) => this.rules.of(channel).compress)
    this.pages = new CompressedPages(this.delivery.wheel)
    this.door = this.#doorOf(options, limits)
    const { wheel, turns } = this.delivery
    const identified = (connection: Connection) => this.presence.identified(connection)
    const counter = createConnectionCounter(limits)
    this.connections = new Connections({
      wheel,
      turns,
      counter,
      limits,
      meter: this.meter,
      identified,
      tell: this.tell,
      node: () => this.presence.leases.id,
    })
    this.pace = new AcceptPace(limits.acceptsPerSecond)
    this.receiving = new Receiving(limits)
    this.bodyTimes = new BodyTimes(limits)
    this.frameTime = new FrameTime(this.report)
    this.turns = new AnswerTurns(limits)
    this.nodes = this.#join()
    this.revocations = this.#watchRevocations(options)
    this.statistics = counting && new Statistics({ context: this, meter: counting })
  }

  get draining(): boolean {
    return this.#closing.begun
  }

  get sendsAway(): boolean {
    return this.#closing.sendsAway
  }

  /** Clients should be sent elsewhere, though they may be served still. */
  get leaving(): boolean {
    return this.#closing.leaving
  }

  /** The rules that are in effect, as they were given. */
  get given(): Rules {
    return this.#options.rules ?? {}
  }

  /** Channels that are read, and readings; those of the hub's own left out. */
  counts(): ReturnType<Delivery['count']> {
    const { channels, subscriptions, windowBytes } = this.delivery.count()
    const own = this.nodes.readings + this.revocations.readings + (this.statistics?.readings ?? 0)
    return { channels: channels - own, subscriptions: subscriptions - own, windowBytes }
  }

  ready(channel: ChannelName): Promise<void> | undefined {
    return this.presence.ready(channel) ?? this.statistics?.ready(channel)
  }

  /** From 0 to 1: the share of the clients that was told to leave. */
  get drained(): number {
    return this.#closing.progress
  }

  /** @throws AnywireError `draining` once the hub is closing. */
  checkOpen(): void {
    this.#closing.check()
  }

  checkRoom(address: string): void {
    this.#closing.checkComing()
    this.connections.checkRoom(address)
    const refusal = this.pace.refusal()
    if (refusal) throw refusal
  }

  welcome(connection: Connection, admission?: Admission, hooks?: FormHooks, channels?: readonly ChannelName[]): void {
    if (admission && hooks?.asksAgain) this.#closing.checkAsking(connection)
    else if (admission) this.#closing.checkComing()
    else this.checkOpen()
    this.connections.add(connection, hooks, admission?.address)
    if (admission?.arrival?.isEnded(connection.principal, channels)) return connection.close(sentAway())
    const refusal = admission && this.#revokedSince(connection.principal, channels)
    if (refusal) connection.close(refusal)
  }

  refused({ method = 'GET', url = '/', headers }: IncomingMessage, { code, message }: AnywireError): void {
    this.meter.refused(code)
    this.tell({
      event: 'refused',
      code,
      sentence: message,
      method,
      url: redact(url).slice(0, 300),
      trace: traceOf(headers),
    })
  }

  open(channel: ChannelName, position: Position): Opening | Promise<Opening> {
    this.checkOpen()
    const begun = this.delivery.open(channel, position)
    const opened = this.tracing ? tracedOpening(this.tracing, this.rules, position, begun) : begun
    return opened instanceof Promise ? opened.then((one) => this.#created(one)) : this.#created(opened)
  }

  lossOf(channel: ChannelName, result: Exclude<ReadResult, { kind: 'page' }>): AnywireError {
    if (result.kind === 'gone') return new AnywireError('gone', `The channel "${channel}" was deleted.`)
    this.meter.gap('request', result.reason)
    this.tell({
      event: 'gap',
      channel,
      transport: 'request',
      reason: result.reason,
      missed: result.missed,
      connection: undefined,
    })
    return gapError(channel, result)
  }

  /** Takes over what has changed. @throws AnywireError `bad-request`: then nothing has changed */
  reconfigure(changes: Reconfiguration): void {
    this.checkOpen()
    const options = changedOptions(this.#options, changes)
    const limits = changedLimits(this.limits, options.limits)
    const rules = options.rules ?? {}
    checkCapabilities(rules, this.store)
    const letRulesCount = this.rules.replacement(rules, limits.functionMs)
    const door = this.#doorOf(options, limits)
    // From here on nothing throws.
    this.#options = options
    this.delivery.rulesChange()
    letRulesCount()
    this.door = door
    if (changes.limits === undefined) return
    // All parts ask the same objects.
    Object.assign(this.limits, limits)
    Object.assign(this.requestLimits, requestLimitsOf(limits))
    this.pace = new AcceptPace(limits.acceptsPerSecond)
    this.bodyTimes = new BodyTimes(limits)
    this.publisher.limitsChanged()
  }

  /** Lets a node leave, this one if none is named. Answers its name. */
  drain(node = this.presence.leases.id): string {
    if (node === this.presence.leases.id) this.#drain()
    else this.nodes.say({ drain: node })
    return node
  }

  #drain(): void {
    if (this.leaving) return
    const { onDrain } = this.#options
    try {
      if (onDrain) onDrain()
      else this.close(usualDrain).catch(this.report)
    } catch (thrown) {
      this.report(thrown)
    }
  }

  /** Resolves when the hub has left. */
  close(options: CloseOptions): Promise<void> {
    const { publisher, connections, presence, nodes, revocations, statistics, delivery, store } = this
    const parts = {
      publisher,
      connections,
      presence,
      delivery,
      store,
      followers: [nodes, revocations, ...(statistics ? [statistics] : [])],
    }
    return this.#closing.leave(options, parts)
  }

  /** @throws AnywireError `unknown-channel` where only PUT creates. */
  #created(opened: Opening): Opening {
    const { result, log } = opened
    const { rosterOf, statistics } = this.rules.of(log.name)
    if (this.create === 'on-use' || rosterOf || statistics || result.kind === 'gone' || result.info.exists)
      return opened
    opened.release()
    throw unknownChannel(log.name)
  }

  #publisherOf(publishing: PublisherOptions, meter: Meter): Publisher {
    const { tracing } = this
    if (tracing) return new TracedPublisher(publishing, meter, tracing)
    return meter === noMeter ? new Publisher(publishing) : new MeteredPublisher(publishing, meter)
  }

  #doorOf(options: HubOptions, { functionMs }: Limits): Door {
    const { authenticate } = options
    return createDoor({
      ...options,
      authenticate: authenticate && guarded('"authenticate"', authenticate, functionMs),
      stands: (principal) => this.revocations.check(principal),
    })
  }

  #guard(options: HubOptions): GuardedStore {
    const store = new GuardedStore(options.store ?? memory(), {
      storeMs: this.limits.storeMs,
      onError: this.report,
      onAway: (error) => {
        this.tell({ event: 'store-down', sentence: error.message })
        this.delivery.doubt()
      },
      onBack: () => this.tell({ event: 'store-up' }),
      onAppended: (channel) => {
        this.delivery.policies.used(channel)
        this.statistics?.appended(channel)
      },
      meter: this.meter,
    })
    checkCapabilities(options.rules ?? {}, store)
    return store
  }

  /** Why what was opened is ended at once: the credential, or its right to a channel, was revoked meanwhile. */
  #revokedSince(principal: Principal, channels: readonly ChannelName[] = []): AnywireError | undefined {
    const { revocations } = this
    let refusal = revocations.refusal(principal)
    for (const channel of channels) refusal ??= revocations.refusal(principal, channel)
    return refusal
  }

  #watchRevocations({ revocation: said }: HubOptions): Revocations {
    const refusal = (principal: Principal) => this.revocations.refusal(principal)
    return new Revocations({
      context: this,
      said,
      shared: this.store.capabilitiesOf(revokedChannel).shared,
      asks: this.door.asks,
      end: (revocation) => {
        const { what, name } = revocation
        const meant = isMeant(revocation)
        this.#options.authenticate?.forget?.(meant)
        if (what !== 'channel') return this.connections.end(what === 'principal' ? { principal: name } : {}, refusal)
        const reason = refuseChannel(name)
        this.connections.end({ channel: name }, (principal) => (meant(principal) ? reason : undefined))
      },
      endAll: (reason) => this.connections.end({}, () => reason),
    })
  }

  #join(): Nodes {
    const { store, publisher, delivery, rules, connections, report } = this
    const hear = (message: NodeMessage) => {
      if ('disconnect' in message) void connections.disconnect(message.disconnect)
      else if ('observe' in message) this.statistics?.hear(message.observe)
      else if (message.drain === this.presence.leases.id) this.#drain()
    }
    return new Nodes({ store, publisher, delivery, rules, hear, report })
  }

  #deliver(): Delivery {
    const { rules, store, limits, meter, tracing } = this
    return new Delivery({
      store,
      limits,
      ruleOf: (channel) => rules.of(channel),
      audience: {
        joined: (subscription, connection, rule) => {
          if (rule.statistics) this.statistics?.joined(subscription, connection)
          else this.presence.joined(subscription, connection, rule)
        },
        left: (subscription, rule, leaves) => {
          if (rule.statistics) this.statistics?.left(subscription)
          else this.presence.left(subscription, rule, leaves)
        },
      },
      tell: this.tell,
      meter,
      tracing,
      onError: this.report,
    })
  }
}

function requestLimitsOf(limits: Limits): RequestLimits {
  const { jsonDepth: depth, channelsPerConnection: channels, messagesPerPublish: messages } = limits
  return { depth, channels, messages }
}
