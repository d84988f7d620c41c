/** `hub.inspect`: what a node knows of its channels and readers at this moment, for metrics. */
import type { ChannelLog } from '../core/log/channel-log.js'
import type { Channel } from '../core/reading/channel.js'
import type { Subscription } from '../core/reading/subscription.js'
import type { ChannelName } from '../protocol/name.js'
import { microsOf, numberOf, type Offset } from '../protocol/offset.js'

export interface ChannelFacts {
  readonly name: ChannelName
  /** Readers on this node. */
  readonly readers: number
  /** The position after its newest message; '' where that is not known. */
  readonly head: Offset
  /** Bytes that its window holds. */
  readonly windowBytes: number
}

export interface ReaderFacts {
  readonly channel: ChannelName
  readonly transport: string
  /** It is not at the head, or its wire has no room. */
  readonly behind: boolean
  /** How far it lags. Costs more than the rest. */
  lag(): Lag
}

export interface Lag {
  /** Messages that it has not been handed. Of a store whose numbers are not dense (NATS) it is an upper bound. */
  readonly messages: number
  /**
   * How long ago the first of them was stored, in milliseconds. Behind the window it is how long ago the last that it
   * has was stored.
   */
  readonly ms: number
}

/** Walks what there is when it is asked. Whoever walks over much leaves the loop now and then. */
export interface Inspection {
  /** Channels that this node follows. */
  channels(): Iterable<ChannelFacts>
  readers(): Iterable<ReaderFacts>
}

export function inspect(channels: () => Iterable<Channel>): Inspection {
  return {
    *channels() {
      for (const { name, size, log } of channels()) {
        yield { name, readers: size, head: log.head, windowBytes: log.windowBytes }
      }
    },
    *readers() {
      for (const { name, subscriptions } of channels()) {
        for (const subscription of subscriptions) yield factsOf(name, subscription)
      }
    },
  }
}

function factsOf(channel: ChannelName, subscription: Subscription): ReaderFacts {
  const { transport, state, log } = subscription
  return { channel, transport, behind: state !== 'live', lag: () => lagOf(log, subscription.position) }
}

const none: Lag = { messages: 0, ms: 0 }

export function lagOf(log: ChannelLog, position: Offset): Lag {
  const { head } = log
  if (head === '' || position === '' || position >= head) return none
  const since = log.after(position)?.[0]?.offset ?? position
  return { messages: numberOf(head) - numberOf(position), ms: Math.max(0, Date.now() - microsOf(since) / 1_000) }
}
