/** Tests of a lane: what may be sent, and how often it looks at those that wait. */
import { describe, expect, it } from 'vitest'
import { Entry, OutboxLane } from './lane.js'
import { HeldPublish } from './publish.js'

/** A lane with so many entries; `looks` counts how often the state of any was read. */
function laneOf(count: number) {
  const lane = new OutboxLane()
  const told = { looks: 0 }
  const publish = new HeldPublish({ channel: 'a', data: 1 })
  const entries = Array.from({ length: count }, (_, place) => {
    const entry = new Entry(lane, publish, place)
    let state = entry.state
    Object.defineProperty(entry, 'state', {
      get() {
        told.looks++
        return state
      },
      set: (next: Entry['state']) => (state = next),
    })
    lane.add(entry)
    return entry
  })
  return { lane, told, entries }
}

/** Sends what may be sent. */
function sendOf(lane: OutboxLane): Entry[] {
  const sent: Entry[] = []
  for (let entry = lane.next(); entry; entry = lane.next()) {
    entry.state = 'sent'
    sent.push(entry)
  }
  return sent
}

describe('lane', () => {
  it.each(['one by one', 'in bursts'])('looks at each of 16,000 a bounded number of times, answered %s', (how) => {
    const { lane, told, entries } = laneOf(16_000)
    const order: Entry[] = []
    const underWay: Entry[] = []
    for (let sent = sendOf(lane); sent.length > 0; sent = sendOf(lane)) {
      order.push(...sent)
      underWay.push(...sent)
      for (const entry of underWay.splice(0, how === 'in bursts' ? 64 : 1)) {
        entry.state = 'settled'
        lane.remove(entry)
      }
    }
    expect(order.map(({ place }) => place)).toEqual(entries.map(({ place }) => place))
    expect(lane.entries).toHaveLength(underWay.length)
    // It skips those under way, 64 at most, and as many that are gone.
    expect(told.looks / order.length).toBeLessThan(3 * 64)
  })

  it('removes them in any order', () => {
    const { lane, entries } = laneOf(200)
    sendOf(lane)
    const places = entries.map(({ place }) => place)
    const away = places.slice(0, 64).sort((one, other) => ((one * 37) % 64) - ((other * 37) % 64))
    for (const [n, place] of away.entries()) {
      entries[place]!.state = 'settled'
      lane.remove(entries[place]!)
      expect(lane.entries.map((entry) => entry.place)).toEqual(
        places.filter((one) => !away.slice(0, n + 1).includes(one)),
      )
    }
    expect(lane.first()).toBe(entries[64])
    expect(sendOf(lane)).toEqual(entries.slice(64, 128))
  })
})
