import { describe, expect, it } from 'vitest'
import { type Meter, noMeter, type Tally } from '../core/meter.js'
import { createHub } from '../index.js'
import { bothMeters } from './both-meters.js'

function counting() {
  const tally: Tally = { slices: 0, messages: 0, bytes: 0 }
  const calls: string[] = []
  const names = Object.keys(noMeter) as (keyof Meter)[]
  const told = names.map((name) => [name, (...values: unknown[]) => void calls.push(`${name} ${values[0]}`)])
  const meter = { ...(Object.fromEntries(told) as unknown as Meter), tally: () => tally }
  return { meter, calls, tally }
}

describe('both meters', () => {
  it('are told of the same, and count the same deliveries', async () => {
    const [one, other] = [counting(), counting()]
    const hub = createHub({ meter: bothMeters(one.meter, other.meter) })
    const reading = hub.subscribe('a', { from: 'start' })
    const first = reading.next()
    await hub.publish('a', 1)
    await first
    await hub.close({ graceMs: 0 })
    expect(one.calls).toEqual(expect.arrayContaining(['opened local', 'joined local', 'left local', 'closed local']))
    expect(other.calls).toEqual(one.calls)
    expect(one.tally).toMatchObject({ slices: 1, messages: 1 })
    expect(other.tally).toEqual(one.tally)
  })

  it('answer one tally for one pair', () => {
    const both = bothMeters(counting().meter, counting().meter)
    expect(both.tally('sse', 'a')).toBe(both.tally('sse', 'a'))
  })
})
