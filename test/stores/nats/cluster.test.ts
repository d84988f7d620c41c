/**
 * Three servers that keep everything three times, and one node that writes: whichever server is killed, what was
 * acknowledged is read once, in order. The servers here are older than what is asked for, and are said to be newer:
 * with one node that writes they keep what newer ones promise to several.
 */
import { setTimeout as wait } from 'node:timers/promises'
import { connect } from '@nats-io/transport-node'
import { expect, it, onTestFinished } from 'vitest'
import { createHub, type Hub, type Store } from '../../../src/index.js'
import { nats } from '../../../src/stores/nats/index.js'
import { Random } from '../../hostile/random.js'
import { freePort } from '../../support/free-port.js'
import { NatsServer } from '../../support/nats.js'
import { ownTime } from '../../support/own-time.js'
import { RawProxy } from '../../support/raw-proxy.js'
import { countTo, of, Publisher, read } from './nodes.js'

/** Three servers and their elections take half a minute: it is left to `npm run chaos`. */
const kills = Math.floor(Number(process.env.TEST_FAULTS ?? 0) / 10)

async function startCluster(): Promise<readonly NatsServer[]> {
  const ports = await freePort(3)
  const routes = [0, 1, 2].map((n) => `nats-route://127.0.0.1:${ports + n}`).join(', ')
  const lines = (n: number) => `server_name: s${n}
cluster { name: c, listen: "127.0.0.1:${ports + n}", routes: [${routes}] }
`
  const servers = await Promise.all([0, 1, 2].map((n) => NatsServer.start(lines(n))))
  onTestFinished(async () => void (await Promise.all(servers.map((server) => server.remove()))))
  return servers
}

/** The addresses of proxies before the servers, by which these are of a version that may replicate. */
async function newer(servers: readonly NatsServer[]): Promise<string[]> {
  const change = (bytes: Buffer) =>
    bytes.subarray(0, 4).toString() === 'INFO'
      ? Buffer.from(bytes.toString('latin1').replace('"version":"2.9.10"', '"version":"2.11.0"'), 'latin1')
      : bytes
  const proxies = await Promise.all(servers.map(({ port }) => RawProxy.start(port, change)))
  onTestFinished(() => {
    for (const proxy of proxies) proxy.close()
  })
  return proxies.map(({ port }) => `127.0.0.1:${port}`)
}

/** The servers have to choose who leads before they can be used. */
async function open(servers: readonly string[]): Promise<Store> {
  for (;;) {
    try {
      return await nats({ servers, replicas: 3, connect: { ignoreClusterUpdates: true } })
    } catch (thrown) {
      if (!String(thrown).includes('cannot be used') && !String(thrown).includes('refuses')) throw thrown
      await wait(200)
    }
  }
}

/** Resolves when a client of NATS alone can store in both streams: the servers take 4 to 9 s to choose who leads. */
async function leads([server]: readonly NatsServer[]): Promise<void> {
  const connection = await connect({ servers: server!.url })
  for (const subject of ['anywire.b.10000.probe', 'anywire.b.all.probe']) {
    const stores = async () => {
      const answer = await connection.request(subject, '', { timeout: 300 })
      return answer.json<{ seq?: number }>().seq !== undefined
    }
    await expect.poll(() => stores().catch(() => false), { timeout: 120_000 }).toBe(true)
  }
  await connection.close()
}

it.skipIf(kills === 0)(
  `promise 1: nodes on a cluster lose and double nothing while ${kills} servers are killed`,
  {
    timeout: 120_000 + kills * 180_000,
  },
  async () => {
    const seed = Number(process.env.TEST_SEED ?? Date.now() % 100_000)
    console.log(`seed ${seed}`)
    const random = new Random(seed)
    const servers = await startCluster()
    const addresses = await newer(servers)
    const nodes: { hub: Hub }[] = []
    for (let n = 0; n < 2; n++) {
      const store = await open(addresses)
      expect(store.capabilities.acknowledged).toBe('replicated')
      const hub = createHub({ store, rules: { c: { retain: { messages: null } } }, onError: () => undefined })
      onTestFinished(() => hub.close({ graceMs: 0 }))
      nodes.push({ hub })
    }
    const publishers = ['a', 'b'].map((name) => new Publisher(nodes[0]!, 'c', name, 5))
    const readings = nodes.map((node) => read(node, 'c'))
    const flows = async () => {
      const before = publishers.map(({ acknowledged }) => acknowledged)
      await expect.poll(() => publishers.every(({ acknowledged }, n) => acknowledged > before[n]! + 20)).toBe(true)
      const counts = publishers.map(({ acknowledged }) => acknowledged)
      const got = () =>
        readings.every(({ texts }) => publishers.every(({ name }, n) => of(texts, name).length >= counts[n]!))
      await expect.poll(got).toBe(true)
    }
    await flows()
    for (let kill = 0; kill < kills; kill++) {
      const victim = random.pick(servers)
      const killed = performance.now()
      await victim.stop()
      await leads(servers.filter((server) => server !== victim))
      const electedMs = Math.round(performance.now() - killed)
      const sinceMs = ownTime()
      await flows()
      const flowsMs = sinceMs()
      console.log(`killed s${servers.indexOf(victim)}: leaders after ${electedMs} ms, flows ${flowsMs} ms later`)
      expect(flowsMs).toBeLessThan(5_000)
      await victim.start()
      await flows()
      // It has to have caught up before the next one goes.
      await wait(1_500)
    }
    await Promise.all(publishers.map((publisher) => publisher.stop()))
    const all = publishers.reduce((sum, { acknowledged }) => sum + acknowledged, 0)
    await expect.poll(() => readings.map(({ texts }) => texts.length)).toEqual([all, all])
    for (const { texts, gaps } of readings) {
      expect(gaps).toEqual([])
      for (const { name, acknowledged } of publishers) expect(of(texts, name)).toEqual(countTo(name, acknowledged))
    }
  },
)
