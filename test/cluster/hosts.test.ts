/** Two hosts, cut off from each other and joined again: who cannot reach the store says so, and nobody loses anything. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import { onEveryForm } from '../stores/form-readers.js'
import { byClient, byRequests, FormWorld } from '../stores/form-world.js'
import { post } from '../support/clients/request.js'
import { stream } from '../support/clients/sse.js'
import { type Host, Network, whyNoHosts } from '../support/hosts.js'

const rounds = Number(process.env.TEST_ROUNDS ?? 2)
const built = fileURLToPath(new URL('../../dist', import.meta.url))
const port = 8080
const missing = whyNoHosts()

/** A network that is cut for seconds: what is silent is noticed soon. */
const silentMs = 3_000
const configFor = (store: string) => `
import { redis } from '${built}/stores/redis/index.js'
export default {
  store: await redis({ url: '${store}', timeoutMs: 1_500 }),
  authenticate: () => ({ id: 'anybody' }),
  limits: { storeMs: 2_000, heartbeatMs: 500, pollMs: 1_000 },
}
`

/** Redis on the first host, and a node on each. */
async function serve(): Promise<{ network: Network; one: Host; two: Host }> {
  const network = await Network.make()
  const one = await network.host()
  const two = await network.host()
  const folder = mkdtempSync(join(tmpdir(), 'anywire-hosts-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const open = ['--bind', '0.0.0.0', '--protected-mode', 'no']
  await one.start(['redis-server', '--dir', folder, '--save', '', ...open], /Ready to accept connections/)
  const config = join(folder, 'anywire.config.mjs')
  writeFileSync(config, configFor(`redis://${one.address}:6379`))
  const node = [process.execPath, `${built}/cli/main.js`, 'serve', '--host', '0.0.0.0', '--port', String(port)]
  for (const host of [one, two]) await host.start([...node, '--config', config], /listening on/)
  return { network, one, two }
}

/** The channels at a node, as they are seen from a host. */
const seenFrom = async (host: Host, node: Host) => `http://127.0.0.1:${await host.door(node.address, port)}/channels`

const channels = ['n', 'm'] as const

describe('two hosts', () => {
  it('promises 1 to 4: are cut off from each other and joined again, and readers of either get all of it', {
    timeout: 300_000 + rounds * 120_000,
  }, async ({ skip }) => {
    skip(missing !== undefined, missing)
    const { network, one, two } = await serve()
    const [atOne, atTwo, across] = [await seenFrom(one, one), await seenFrom(two, two), await seenFrom(two, one)]
    const read = (base: string, at: string) => onEveryForm(base, channels, { silentMs, at })
    const readersOfOne = read(atOne, 'at one')
    const readers = [...readersOfOne, ...read(atTwo, 'at two'), ...read(across, 'across')]
    const here = byRequests('one', atOne, 'n')
    const world = new FormWorld([here, byRequests('two', atTwo, 'n'), byClient('across', across, 'm')], readers)
    const staying = new FormWorld([here], readersOfOne)
    await world.flows()
    const told = await stream(`${atTwo}/n`)
    for (let round = 0; round < rounds; round++) {
      const { marks } = world
      await network.cut(two, round % 2 === 0 ? 'silent' : 'dead')
      await told.until((text) => text.split(': store away').length > round + 1)
      expect(await post(`${atTwo}/n`, 'late')).toMatchObject({ status: 503, code: 'store-down' })
      await staying.flows()
      await network.join(two)
      const began = performance.now()
      await world.flows(marks)
      await told.until((text) => text.split(': store back').length > round + 1)
      console.log(`flowed again after ${Math.round(performance.now() - began)} ms`)
    }
    await world.check()
  })
})
