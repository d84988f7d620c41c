/** The pump: brings one subscription from its position to the head, slice by slice, while its wire has room. */

import { AnywireError } from '../protocol/error.js'
import type { Gap } from '../protocol/message.js'
import type { Encoded } from './channel.js'
import { storeDown } from './guarded-store.js'
import type { ReadResult } from './store.js'
import type { Subscription } from './subscription.js'

/** Sends what there is. The subscription must be `behind`; it leaves as `live`, `waiting`, `reading` or `closed`. */
export function pump(subscription: Subscription): void {
  const { channel, connection } = subscription
  while (subscription.state === 'behind') {
    if (connection.full) {
      subscription.move('full')
      return
    }
    if (subscription.snapshotUntil !== undefined || !channel.knows(subscription.position)) {
      readBehind(subscription)
      return
    }
    if (subscription.position === channel.head) {
      reachedHead(subscription)
      return
    }
    const next = channel.next(subscription)
    if (next === 'held') {
      subscription.move('reached-head')
      return
    }
    deliver(subscription, next)
  }
}

/** Sends what the window holds for a live reader at once, ahead of the fan-out. */
export function flush(subscription: Subscription): void {
  const { channel, position } = subscription
  if (position === channel.head && !channel.closed) return
  if (subscription.move('grew') === 'behind') pump(subscription)
}

/** One slice to one reader. */
export function deliver(subscription: Subscription, next: Encoded): void {
  const { connection } = subscription
  if (next.gap) connection.events.gap?.(subscription, next.gap)
  subscription.position = next.slice.to
  subscription.reach = 1
  if (next.bytes.length > 0 || next.slice.closed) {
    if (!connection.wire.write(next.bytes, next.slice)) connection.full = true
  }
  connection.events.moved?.(subscription)
  if (next.slice.closed && subscription.state !== 'closed') connection.ended(subscription, next.slice)
}

/** What to do with the first page of a reading, or with one that the store gave later. */
export function take(subscription: Subscription, result: ReadResult, ofSnapshot = false): void {
  const { channel, connection } = subscription
  if (result.kind === 'gone') {
    connection.end(subscription, new AnywireError('gone', `The channel "${channel.name}" was deleted.`))
    return
  }
  if (result.kind === 'gap') return gap(subscription, result)
  if (subscription.snapshotUntil !== undefined && result.upToDate) subscription.snapshotUntil = undefined
  if (result.messages.length === 0) subscription.position = result.to
  else {
    const next = channel.encodePage(subscription, result, ofSnapshot)
    if (next !== 'held') deliver(subscription, next)
    else if (!result.upToDate) subscription.reach *= 2
    else subscription.move('reached-head')
  }
  // The store is ahead of the wake-ups, or is being asked where the log stands: what is under way brings the window up to this position.
  // A reader with a rate has had its write: what came meanwhile is for the next turn of its grid.
  const paced = subscription.rate !== undefined && !channel.closed
  const ahead = paced || !channel.ready || subscription.position > channel.head
  if (result.upToDate && ahead) subscription.move('reached-head')
}

/** Announces a gap and puts the subscription behind it, if its connection goes on. */
export function gap(subscription: Subscription, lost: Gap): void {
  subscription.snapshotUntil = undefined
  if (!subscription.connection.announce(subscription, lost)) {
    subscription.close()
    return
  }
  subscription.position = lost.to
  subscription.connection.events.moved?.(subscription)
}

function reachedHead(subscription: Subscription): void {
  const { channel } = subscription
  if (!channel.closed) {
    subscription.move('reached-head')
    return
  }
  deliver(subscription, channel.encodeEnd(subscription))
}

function readBehind(subscription: Subscription): void {
  const { channel, connection, position } = subscription
  if (subscription.slow === 'disconnect' && subscription.late) {
    connection.announce(subscription, { reason: 'slow', from: position, to: channel.head })
    connection.end(subscription)
    return
  }
  const ofSnapshot = subscription.snapshotUntil !== undefined
  subscription.move('read')
  channel.readAfter(subscription).then(
    (result) => channel.paged({ subscription, result, ofSnapshot }),
    (thrown) => connection.close(thrown instanceof AnywireError ? thrown : storeDown(thrown)),
  )
}

/** What the store gave for a reader who was behind the window. */
export interface Paged {
  readonly subscription: Subscription
  readonly result: ReadResult
  readonly ofSnapshot: boolean
}

/** Goes on with it, if that is still wanted. */
export function goOn({ subscription, result, ofSnapshot }: Paged): void {
  if (subscription.move('page') !== 'behind') return
  if (subscription.connection.full) {
    subscription.move('full')
    return
  }
  take(subscription, result, ofSnapshot)
  pump(subscription)
}
