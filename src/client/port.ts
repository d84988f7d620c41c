/** The messages between a client and the core that serves it, in whatever thread. All of them can be cloned. */
import type { PublishRequest, Slow } from '../protocol/anywire-frame.js'
import type { ChannelName } from '../protocol/name.js'
import type { Offset } from '../protocol/offset.js'
import type { PortError, PortItem } from './item.js'
import type { Json, Transport } from './link.js'
import type { Memory } from './policy.js'
import type { State, Stats } from './stats.js'
import type { Times } from './times.js'

/** What a core needs to know before it can connect; the same for all who share it. */
export interface CoreOptions {
  /** The mount path as an absolute URL. */
  readonly url: string
  /** Those that may be used. */
  readonly transports: readonly Transport[]
  /** What an earlier page learnt of the way to this server. */
  readonly memory?: Memory | undefined
  readonly times?: Partial<Times> | undefined
  /**
   * Who its clients are to the server, as `welcome` tells it; null: whoever it takes them for.
   * @default whom the first link names
   */
  readonly principal?: string | null | undefined
  /**
   * Reads frames and spells publishes, for a client in the thread of its core: functions cannot be cloned. `data` may
   * be anything that goes through `JSON` unharmed.
   * @default JSON
   */
  readonly json?: Json | undefined
}

/** One reading that a client asks for. */
export interface Wish {
  /** Chosen by the client, unique in its port. */
  readonly id: number
  readonly channel: ChannelName
  /** `-1`, `now`, `last-N`, `snapshot` or an offset. */
  readonly offset: string
  readonly slow: Slow
  /** Writes per second. */
  readonly rate?: number | undefined
  /** An absolute URL of a module whose default export transforms the messages before they cross the port. */
  readonly transform?: string | undefined
}

export type ToCore =
  /** `principal`: who the client is, if a core has answered that: it reads and publishes as nobody else. */
  | { readonly type: 'subscribe'; readonly wishes: readonly Wish[]; readonly principal?: string | undefined }
  | { readonly type: 'unsubscribe'; readonly ids: readonly number[] }
  /** The application took so many items of this subscription: as many may follow. */
  | { readonly type: 'consumed'; readonly id: number; readonly count: number }
  /**
   * Each carries an id, unique in its port. While no link is open it is only a wish to connect: the state `open` says
   * when to send again.
   */
  | {
      readonly type: 'publish'
      readonly requests: readonly PublishRequest[]
      readonly principal?: string | undefined
    }
  /** Answers `token`. */
  | { readonly type: 'token'; readonly token?: string | undefined; readonly error?: PortError | undefined }
  /** The page is back, or the network is: do not wait any longer. */
  | { readonly type: 'hurry' }
  /** This client is gone for good. */
  | { readonly type: 'close' }

/** How the server answered a publish. */
export type PublishAnswer = Extract<FromCore, { type: 'published' | 'refused' }>

export type FromCore =
  /** The items of a subscription begin: its position and what the channel holds. */
  | { readonly type: 'subscribed'; readonly id: number; readonly offset: Offset; readonly contentType: string }
  | { readonly type: 'items'; readonly id: number; readonly items: readonly PortItem[]; readonly position: Offset }
  /** The server does not let it read yet, and is asked again. */
  | { readonly type: 'failing'; readonly id: number; readonly error: PortError }
  /** The channel was closed and read to its end, or the error says why it cannot be read. */
  | { readonly type: 'ended'; readonly id: number; readonly error?: PortError | undefined }
  | {
      readonly type: 'published'
      readonly id: number
      readonly offset?: Offset | undefined
      readonly duplicate?: boolean | undefined
      readonly reply?: unknown
    }
  | { readonly type: 'refused'; readonly id: number; readonly error: PortError }
  /** With `open` for each link that is opened: publishes that are not answered go again. */
  | {
      readonly type: 'state'
      readonly state: State
      readonly error?: PortError | undefined
      /** Who the client is to the server, once that is known. */
      readonly principal?: string | undefined
    }
  /**
   * The server takes us for somebody else than before, or this core serves somebody else: the client is to learn anew
   * who it is.
   */
  | { readonly type: 'stranger'; readonly principal: string | undefined }
  | { readonly type: 'stats'; readonly stats: Stats }
  /** To be kept, and given to the next core for this server. */
  | { readonly type: 'learnt'; readonly memory: Memory }
  /** Asks for a credential. */
  | { readonly type: 'token' }
  /**
   * Another core serves this client from now on: it subscribes again from its positions, and publishes again what is
   * not answered.
   */
  | { readonly type: 'moved' }

/** The core's end of the line to one client. */
export interface ClientPort {
  /** MUST NOT throw: what cannot be handed over becomes a problem. */
  send(message: FromCore): void
}

/** The client's end of the line to its core. */
export interface CorePort {
  send(message: ToCore): void
  close(): void
}
