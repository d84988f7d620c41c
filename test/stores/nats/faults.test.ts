/** Nodes on NATS while faults happen by chance: what was acknowledged is read once, in order, by every node. */
import { setTimeout as wait } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { Random } from '../../hostile/random.js'
import { NatsServer } from '../../support/nats.js'
import { countTo, type Node, node, of, Publisher, read } from './nodes.js'

/** `npm run chaos` asks for more, and for longer ones. */
const faults = Number(process.env.TEST_FAULTS ?? 8)
const longestMs = Number(process.env.TEST_FREEZE_MS ?? 1_200)

/** Each takes what it has done back, and resolves when the server can be reached again. */
const draws: Record<string, (random: Random, server: NatsServer, nodes: readonly Node[]) => Promise<void>> = {
  killed: async (random, server) => {
    await server.stop('SIGKILL')
    await wait(random.below(500))
    await server.start()
  },
  'shut down': async (random, server) => {
    await server.stop('SIGTERM')
    await wait(random.below(500))
    await server.start()
  },
  frozen: async (random, server) => {
    await server.freeze()
    await wait(random.below(longestMs))
    server.thaw()
  },
  'cut off': async (random, _server, nodes) => {
    random.pick(nodes).proxy.cut(random.pick(['fin', 'reset']))
  },
  'cut in a message': async (random, _server, nodes) => {
    const { proxy } = random.pick(nodes)
    proxy.cutAfter(random.pick(['up', 'down']), random.below(3_000), random.pick(['fin', 'reset']))
  },
  'held up': async (random, _server, nodes) => {
    const { proxy } = random.pick(nodes)
    proxy.stall()
    await wait(random.below(longestMs))
    proxy.resume()
  },
}

describe('promise 1: nodes on NATS', () => {
  it(`lose and double nothing while ${faults} faults happen`, { timeout: 120_000 + faults * 10_000 }, async () => {
    const seed = Number(process.env.TEST_SEED ?? Date.now() % 100_000)
    console.log(`seed ${seed}`)
    const random = new Random(seed)
    const server = await NatsServer.start()
    onTestFinished(() => server.remove())
    const nodes = [await node(server), await node(server)] as const
    // So few that a reader who is held up for long is not overtaken by what is trimmed.
    const publishers = [
      new Publisher(nodes[0], 'c', 'a', 2),
      new Publisher(nodes[0], 'c', 'b', 2),
      new Publisher(nodes[1], 'c', 'd', 2),
    ]
    const readings = nodes.map((one) => read(one, 'c'))
    const flows = async () => {
      const before = publishers.map(({ acknowledged }) => acknowledged)
      // Each publisher goes on, and each reader gets what it published.
      await expect.poll(() => publishers.every(({ acknowledged }, i) => acknowledged > before[i]!)).toBe(true)
      const counts = publishers.map(({ acknowledged }) => acknowledged)
      const got = () =>
        readings.every(({ texts }) => publishers.every(({ name }, i) => of(texts, name).length >= counts[i]!))
      await expect.poll(got).toBe(true)
    }
    await flows()
    for (let fault = 0; fault < faults; fault++) {
      const [name, draw] = random.pick(Object.entries(draws))
      console.log(`${fault}: ${name}`)
      await draw(random, server, nodes)
      await flows()
    }
    await Promise.all(publishers.map((publisher) => publisher.stop()))
    await flowsOut(readings, publishers)
    for (const { texts, gaps } of readings) {
      expect(gaps).toEqual([])
      for (const { name, acknowledged } of publishers) expect(of(texts, name)).toEqual(countTo(name, acknowledged))
    }
    const again = read(nodes[1], 'c')
    const kept = readings[0]!.texts.slice(-10_000)
    await expect.poll(() => again.texts.length).toBe(kept.length)
    expect(again.texts).toEqual(kept)
  })
})

async function flowsOut(readings: readonly { texts: string[] }[], publishers: readonly Publisher[]): Promise<void> {
  const all = publishers.reduce((sum, { acknowledged }) => sum + acknowledged, 0)
  await expect.poll(() => readings.every(({ texts }) => texts.length >= all)).toBe(true)
}
