import { describe, expect, it } from 'vitest'
import { createHub } from '../index.js'
import type { Readiness } from '../server/hub.js'
import { createMetrics } from './metrics.js'
import { type Group, type Member, Sum } from './sum.js'

/** A hub of its own for each member, and what it is asked by. */
async function memberWith(publishes: number) {
  const metrics = await createMetrics()
  const hub = createHub({ meter: metrics.meter })
  for (let n = 0; n < publishes; n++) await hub.publish('a', n)
  const state = { now: 'ready' as Readiness, answers: true }
  const late = () => Promise.reject(new Error('late'))
  const member: Member = {
    readiness: () => (state.answers ? Promise.resolve(state.now) : late()),
    // As it comes from another process.
    values: async (top) => (state.answers ? JSON.parse(JSON.stringify(await metrics.values(hub, top))) : late()),
  }
  return { hub, state, member }
}

class Several implements Group {
  readonly all = new Set<Member>()
  gone: (member: Member) => void = () => {}

  members() {
    return this.all
  }

  onGone(heard: (member: Member) => void) {
    this.gone = heard
  }

  end(member: Member) {
    this.all.delete(member)
    this.gone(member)
  }
}

async function several(...publishes: readonly number[]) {
  const group = new Several()
  const members = await Promise.all(publishes.map(memberWith))
  for (const { member } of members) group.all.add(member)
  const sum = await Sum.of(group)
  const lines = async () => (await sum.metrics.text(undefined)).split('\n')
  const valuesOf = async (start: string) => {
    const found = (await lines()).filter((line) => line.startsWith(`${start} `) || line.startsWith(`${start}{`))
    return found.map((line) => Number(line.split(' ').at(-1)))
  }
  return { group, members, sum, valuesOf }
}

describe('a sum of metrics', () => {
  it('adds what several have counted, and keeps one of what is no count', async () => {
    const { valuesOf } = await several(2, 3)
    expect(await valuesOf('anywire_publishes_total')).toEqual([5])
    expect(await valuesOf('anywire_publish_seconds_count')).toEqual([5])
    expect(await valuesOf('anywire_build_info')).toEqual([1])
    expect(await valuesOf('anywire_store_up')).toEqual([1])
    expect(await valuesOf('anywire_drain_progress')).toEqual([0])
  })

  it('never falls: of those that are gone the counters stay, and the gauges go', async () => {
    const { group, members, valuesOf } = await several(2, 3)
    const memory = await valuesOf('process_resident_memory_bytes')
    expect(await valuesOf('anywire_publishes_total')).toEqual([5])
    group.end(members[0]!.member)
    await members[1]!.hub.publish('a', 9)
    expect(await valuesOf('anywire_publishes_total')).toEqual([6])
    expect((await valuesOf('process_resident_memory_bytes'))[0]).toBeLessThan(memory[0]!)
  })

  it('keeps together what many that are gone have counted', async () => {
    const { group, members, valuesOf } = await several(...Array(12).fill(1))
    expect(await valuesOf('anywire_publishes_total')).toEqual([12])
    for (const { member } of members.slice(1)) group.end(member)
    for (let n = 0; n < 3; n++) expect(await valuesOf('anywire_publishes_total')).toEqual([12])
    expect(await valuesOf('anywire_publish_seconds_count')).toEqual([12])
  })

  it('takes one that does not answer as it answered last', async () => {
    const { members, valuesOf } = await several(2, 3)
    await valuesOf('anywire_publishes_total')
    members[0]!.state.answers = false
    expect(await valuesOf('anywire_publishes_total')).toEqual([5])
  })

  it('shows of a channel how many readers it has in all, and its messages once', async () => {
    const { sum, members } = await several(2, 2)
    for (const { hub } of members) await hub.subscribe('a', { from: 'start' }).next()
    const lines = (await sum.metrics.channels(undefined, 5)).split('\n').filter((line) => line.includes('{'))
    expect(lines).toEqual(
      expect.arrayContaining([
        'anywire_channel_readers{channel="a"} 2',
        'anywire_channel_messages_total{channel="a"} 2',
      ]),
    )
  })

  it.each([
    [['ready', 'draining'], 'ready'],
    [['store-down', 'draining'], 'store-down'],
    [['draining', 'draining'], 'draining'],
  ] as const)('is, of %j, %s', async (states, expected) => {
    const { sum, members } = await several(0, 0)
    for (const [at, { state }] of members.entries()) state.now = states[at] ?? 'ready'
    expect(await sum.readiness()).toBe(expected)
  })

  it('is not ready where nobody answers', async () => {
    const { sum, members } = await several(0)
    members[0]!.state.answers = false
    expect(await sum.readiness()).toBe('draining')
  })
})
