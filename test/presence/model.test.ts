/** Rosters beside a plain model, on two nodes of this process, one of which dies. */
import { describe, it } from 'vitest'
import { expectAgreement } from './model.js'
import { cluster, Roster } from './world.js'

const rules = { 'chat/:room': { presence: { graceMs: 8_000 } } }

describe('a roster', () => {
  it.each([1, 3])(
    'comes to say what a plain model says, and never shows as gone who stayed (seed %i)',
    async (seed) => {
      const world = cluster(rules, { nodeLeaseMs: 12_000 })
      const nodes = [await world.node(), await world.node()] as const
      await expectAgreement({ seed, nodes, kill: () => nodes[0].store.kill(), seen: new Roster(nodes[1].hub) })
    },
    120_000,
  )
})
