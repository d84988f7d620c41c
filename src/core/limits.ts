/** Limits and times of a hub, each with its default. `null` turns a limit off. */
import { AnywireError } from '../protocol/error.js'
import { jsonDepth } from '../protocol/json.js'
import { unknownName } from './shape.js'

export interface Limits {
  /** Largest message. Higher lets one message hold up a connection for longer. @default 1_048_576 */
  readonly messageBytes: number
  /** Largest request body, and largest frame from a client. @default 4_194_304 */
  readonly bodyBytes: number
  /** Longest channel name. @default 512 */
  readonly nameBytes: number
  /** Longest `event`, `key`, producer id and `Stream-Seq`, each. @default 512 */
  readonly fieldBytes: number
  /**
   * Levels of arrays and objects in a JSON message. Programs that read deeper ones may fail.
   * @default 100
   * @unit levels
   */
  readonly jsonDepth: number
  /** Most messages that a client may publish in one request. @default 1_000 @unit messages */
  readonly messagesPerPublish: number
  /** Longest content type, with its parameters. @default 512 */
  readonly contentTypeBytes: number
  /**
   * Subscriptions on one connection, and entries in one list of them. A longer list is refused as a whole.
   * @default 1_000
   * @unit subscriptions
   */
  readonly channelsPerConnection: number
  /** Subscriptions of all connections, including those that are being opened. @default 1_000_000 @unit subscriptions */
  readonly subscriptions: number
  /**
   * Channels that somebody reads, or has read within 5 s, besides those of the hub itself. Each costs some KiB and its
   * window.
   * @default 100_000
   * @unit channels
   */
  readonly channelsFollowed: number
  /** Producers remembered for each channel. The one unused longest is forgotten. @default 1_000 @unit producers */
  readonly producersPerChannel: number
  /**
   * New event streams and WebSockets in a second. Others are told when to come back. A second's worth may come at once.
   * Set it where nodes take over each other's clients.
   * @default null
   * @unit connections/s
   */
  readonly acceptsPerSecond: number | null
  /** Connections and waiting polls, of all clients. @default 100_000 @unit connections */
  readonly connections: number | null
  /**
   * Connections and waiting polls of one address (of IPv6, one /64). Behind a proxy set `trustProxy`.
   * @default 10_000
   * @unit connections
   */
  readonly connectionsPerAddress: number | null
  /**
   * HTTP/2 sessions of one address (of IPv6, one /64). Each can hold many connections. Not counted with `trustProxy`.
   * @default 1_000
   * @unit sessions
   */
  readonly sessionsPerAddress: number | null
  /**
   * After so long without traffic an HTTP/2 session takes no new streams, and ends with its last one.
   * @default 60_000
   */
  readonly sessionIdleMs: number
  /**
   * Messages published per second by one principal at one address. They may all come at once. Creating and deleting
   * count as one.
   * @default 10_000
   * @unit messages/s
   */
  readonly publishesPerSecond: number | null
  /**
   * The same for one address (of IPv6, one /64), whoever publishes, since a client that chooses its id can have many.
   * Behind a proxy set `trustProxy`.
   * @default 50_000
   * @unit messages/s
   */
  readonly publishesPerSecondPerAddress: number | null
  /**
   * Publishes of one connection that are worked on at once. With more, or with a quarter of the bytes that its address
   * may send at once, its socket is not read.
   * @default 64
   * @unit publishes
   */
  readonly publishesPending: number
  /**
   * Subscriptions of one connection that are opened at once. More of them wait, and its socket is not read.
   * @default 64
   * @unit subscriptions
   */
  readonly openingsPending: number
  /** Largest frame from a client that has not sent its `auth` frame yet. @default 16_384 */
  readonly firstFrameBytes: number
  /**
   * Bytes of bodies and frames that have arrived in part, or wait for a function of a rule, of all clients. Less than 4
   * KiB of a message is not counted.
   * @default 268_435_456
   */
  readonly receivingBytes: number | null
  /**
   * The same of one address (of IPv6, one /64). The fuller the hub, the less: many addresses leave room for others.
   * @default 67_108_864
   */
  readonly receivingBytesPerAddress: number | null
  /**
   * Fragments of one WebSocket message. Each keeps the chunk in which it came in memory.
   * @default 64
   * @unit fragments
   */
  readonly fragmentsPerMessage: number
  /** Longest silence within a request body. @default 30_000 */
  readonly bodyIdleMs: number
  /** How long a request body, or a WebSocket message, may take in all. @default 300_000 */
  readonly bodyMs: number
  /** Reads of the store at the same time, for readers behind the window. @default 8 @unit reads */
  readonly readsAtOnce: number
  /**
   * Messages of a channel kept in memory for its live readers. More of them spare the store and cost memory for each
   * channel.
   * @default 1_000
   * @unit messages
   */
  readonly windowMessages: number
  /** Bytes of these messages. @default 1_048_576 */
  readonly windowBytes: number
  /** Largest write. A slow reader holds one in memory. @default 65_536 */
  readonly sliceBytes: number
  /** Largest page of a catch-up read, and of the messages in a batch of `anywire.v1`. @default 262_144 */
  readonly pageBytes: number
  /** Most messages in one page. @default 10_000 @unit messages */
  readonly pageMessages: number
  /**
   * Requests of one HTTP/1.1 connection that wait for the answer before theirs (pipelining). One more ends the
   * connection.
   * @default 100
   * @unit requests
   */
  readonly pipelinedRequests: number
  /**
   * Bytes of answers that the client of one HTTP/2 session has not taken yet. More are not read from the store.
   * @default 4_194_304
   */
  readonly answerBytesPerSession: number
  /** Silence after which a heartbeat is sent. Keep it below the idle limit of proxies (60 s). @default 20_000 */
  readonly heartbeatMs: number
  /** A connection that takes nothing for so long, while there is something to take, is ended. @default 30_000 */
  readonly stallMs: number
  /** How long a poll waits for a message. @default 15_000 */
  readonly pollMs: number
  /** After so long a durable SSE response ends. The client asks again. @default 60_000 */
  readonly durableSseMs: number
  /** How long a call of the store may take. A later answer is ignored. @default 10_000 */
  readonly storeMs: number
  /** After so long, and up to a tenth more, a plain event stream ends. Its EventSource reconnects. @default null */
  readonly streamMs: number | null
  /**
   * After so long, and up to a tenth more, an event stream or WebSocket is told to connect again. So the way back is used
   * every day, and readers spread over new nodes. Streams that end by themselves are left alone.
   * @default null
   */
  readonly rotateMs: number | null
  /**
   * A node that has not renewed its lease for so long is dead, and so are the members whom it alone had. It renews it
   * three times as often. Only for channels with `presence`. Higher shows members of dead nodes for longer.
   * @default 12_000
   */
  readonly nodeLeaseMs: number
  /** How long a connection without a credential may take until its `auth` frame. @default 5_000 */
  readonly authMs: number
  /**
   * How long a function of yours may take: `authenticate`, and those of a rule. The schema and `receive` have so long
   * for all messages of one publish. A later answer is dropped and stores nothing.
   * @default 10_000
   */
  readonly functionMs: number
}

export const limitDefaults: Limits = {
  messageBytes: 1_048_576,
  bodyBytes: 4_194_304,
  nameBytes: 512,
  fieldBytes: 512,
  jsonDepth,
  messagesPerPublish: 1_000,
  contentTypeBytes: 512,
  channelsPerConnection: 1_000,
  subscriptions: 1_000_000,
  channelsFollowed: 100_000,
  producersPerChannel: 1_000,
  acceptsPerSecond: null,
  connections: 100_000,
  connectionsPerAddress: 10_000,
  sessionsPerAddress: 1_000,
  sessionIdleMs: 60_000,
  publishesPerSecond: 10_000,
  publishesPerSecondPerAddress: 50_000,
  publishesPending: 64,
  openingsPending: 64,
  firstFrameBytes: 16_384,
  receivingBytes: 268_435_456,
  receivingBytesPerAddress: 67_108_864,
  fragmentsPerMessage: 64,
  bodyIdleMs: 30_000,
  bodyMs: 300_000,
  readsAtOnce: 8,
  windowMessages: 1_000,
  windowBytes: 1_048_576,
  sliceBytes: 65_536,
  pageBytes: 262_144,
  pageMessages: 10_000,
  pipelinedRequests: 100,
  answerBytesPerSession: 4_194_304,
  heartbeatMs: 20_000,
  stallMs: 30_000,
  pollMs: 15_000,
  durableSseMs: 60_000,
  streamMs: null,
  rotateMs: null,
  storeMs: 10_000,
  nodeLeaseMs: 12_000,
  authMs: 5_000,
  functionMs: 10_000,
}

/** Limits that `null` turns off. */
const optional: ReadonlySet<string> = new Set<keyof Limits>([
  'acceptsPerSecond',
  'connections',
  'connectionsPerAddress',
  'sessionsPerAddress',
  'receivingBytes',
  'receivingBytesPerAddress',
  'publishesPerSecond',
  'publishesPerSecondPerAddress',
  'rotateMs',
  'streamMs',
])

/** Limits that hold from the start of a hub to its end; `hub.reconfigure` changes the others. */
export const fixedLimits: ReadonlySet<keyof Limits> = new Set([
  'readsAtOnce',
  'storeMs',
  'nodeLeaseMs',
  'sessionsPerAddress',
  'sessionIdleMs',
])

/** Whether `null` turns a limit off. */
export const mayBeOff = (name: string) => optional.has(name)

/**
 * Fills in the defaults.
 * @throws AnywireError `bad-request` with a sentence that names the limit which is unknown or no whole number from 1.
 */
export function resolveLimits(partial: Partial<Limits> = {}): Limits {
  for (const [name, value] of Object.entries(partial)) {
    if (!Object.hasOwn(limitDefaults, name)) {
      throw unknownName('a hub', name, Object.keys(limitDefaults), 'limit')
    }
    if (value === undefined || (value === null && mayBeOff(name))) continue
    if (!Number.isSafeInteger(value) || Number(value) < 1) {
      const off = mayBeOff(name) ? ', or null for no limit' : ''
      throw new AnywireError(
        'bad-request',
        `The limit "${name}" is ${String(value)}: give a whole number from 1${off}.`,
      )
    }
  }
  const given = Object.fromEntries(Object.entries(partial).filter(([, value]) => value !== undefined))
  return { ...limitDefaults, ...given }
}
