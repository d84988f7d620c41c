/** `hub.reconfigure`: what changes while a hub runs, what does not, and that it is all or nothing. */
import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import WebSocket from 'ws'
import { createMetrics } from '../../src/admin/index.js'
import { createHub, type HubOptions, memory, type Reconfiguration } from '../../src/index.js'
import { serveHub } from '../support/hub-server.js'

const statusOf = async (url: string, init?: RequestInit) => (await fetch(url, init)).status
const posted = (body: string, more: Record<string, string> = {}) => {
  return { method: 'POST', headers: { 'content-type': 'application/json', ...more }, body }
}

describe('what changes', () => {
  it('rules count for what is asked from then on', async () => {
    const { hub, url } = await serveHub({ rules: { a: { publish: false } } })
    expect(await statusOf(url('a'), posted('1'))).toBe(403)
    expect(await statusOf(url('b'), posted('1'))).toBe(204)
    hub.reconfigure({ rules: { b: { publish: false } } })
    expect(await statusOf(url('a'), posted('1'))).toBe(204)
    expect(await statusOf(url('b'), posted('1'))).toBe(403)
  })

  it('limits count for what is asked from then on; those left out have their defaults', async () => {
    const { hub, url } = await serveHub({ limits: { messageBytes: 10, connections: 1 } })
    const long = JSON.stringify('x'.repeat(20))
    expect(await statusOf(url('a'), posted(long))).toBe(413)
    hub.reconfigure({ limits: { connections: 2 } })
    expect(await statusOf(url('a'), posted(long))).toBe(204)
    const leaving = new AbortController()
    const accept = { headers: { accept: 'text/event-stream' }, signal: leaving.signal }
    expect([await statusOf(url('a'), accept), await statusOf(url('a'), accept)]).toEqual([200, 200])
    expect(await statusOf(url('a'), accept)).toBe(429)
    leaving.abort()
  })

  it('limits of a rate begin anew', async () => {
    const { hub, url } = await serveHub({ limits: { publishesPerSecond: 1 } })
    const batch = (count: number) => posted(JSON.stringify(Array(count).fill(1)))
    expect(await statusOf(url('a'), batch(1))).toBe(204)
    hub.reconfigure({ limits: { publishesPerSecond: null } })
    for (let n = 0; n < 5; n++) expect(await statusOf(url('a'), batch(5))).toBe(204)
  })

  it('credentials: what the new `authenticate` does not know is refused at once', async () => {
    const by = (known: string) => (credential?: { token: string }) =>
      credential?.token === known ? { id: 'ann' } : null
    const { hub, url } = await serveHub({ authenticate: by('old'), queryToken: true })
    const ask = (token: string) => statusOf(`${url('a')}?token=${token}`)
    expect([await ask('old'), await ask('new')]).toEqual([200, 401])
    hub.reconfigure({ authenticate: by('new') })
    expect([await ask('old'), await ask('new')]).toEqual([401, 200])
  })

  it('origins and hosts', async () => {
    const { hub, url } = await serveHub({ origins: ['https://old.example'] })
    const ask = (origin: string) => statusOf(url('a'), posted('1', { origin }))
    expect(await ask('https://new.example')).toBe(403)
    hub.reconfigure({ origins: ['https://new.example'] })
    expect([await ask('https://old.example'), await ask('https://new.example')]).toEqual([403, 204])
  })

  it('a reading that is open goes on, and ends by the rule by which it began', async () => {
    const metrics = await createMetrics()
    const { hub, url } = await serveHub({ rules: { ':x': {} }, meter: metrics.meter })
    const socket = new WebSocket(url('a').replace('http', 'ws'))
    await once(socket, 'open')
    await expect.poll(() => hub.stats().subscriptions).toBe(1)
    hub.reconfigure({ rules: { a: { subscribe: false } } })
    const heard = once(socket, 'message')
    await hub.publish('a', 'still')
    expect(String((await heard)[0])).toContain('still')
    socket.close()
    await expect.poll(() => hub.stats().subscriptions).toBe(0)
    const lines = (await metrics.text(hub)).split('\n').filter((line) => line.startsWith('anywire_subscriptions{'))
    expect(lines).toEqual(['anywire_subscriptions{transport="websocket",rule=":x"} 0'])
  })

  it('what is kept of a channel follows its new rule', async () => {
    const hub = createHub({ store: memory() })
    for (let n = 0; n < 5; n++) await hub.publish('a', n)
    hub.reconfigure({ rules: { a: { retain: { messages: 2 } } } })
    await hub.publish('a', 5)
    await expect
      .poll(async () => {
        const seen: unknown[] = []
        const reading = hub.subscribe('a', { from: 'start' })
        for await (const one of reading) {
          if (one.kind === 'message') seen.push(one.data)
          if (seen.at(-1) === 5) break
        }
        return seen
      })
      .toEqual([4, 5])
    await hub.close({ graceMs: 0 })
  })
})

describe('what does not', () => {
  const refused: readonly (readonly [string, HubOptions, Reconfiguration, RegExp])[] = [
    ['a store', {}, { store: memory() } as Reconfiguration, /What "store" says holds from start to end/],
    ['its path', {}, { path: '/x' } as Reconfiguration, /What "path" says/],
    ['an unknown option', {}, { rulse: {} } as Reconfiguration, /did you mean "rules"/],
    ['a limit of the store', {}, { limits: { storeMs: 1 } }, /What "limits.storeMs" says/],
    ['a limit that cannot be', {}, { limits: { messageBytes: 0 } }, /The limit "messageBytes" is 0/],
    ['a rule that cannot be', {}, { rules: { a: { retain: { messages: -1 } } } }, /The rule "a" must have as "retain"/],
    ['authenticate, where there was none', {}, { authenticate: () => null }, /stays without/],
    ['presence', { rules: { a: { presence: true } } }, { rules: {} }, /What "rules.a.presence" says/],
    ['signed URLs without authenticate', {}, { signedUrls: { secret: 'x'.repeat(32) } }, /needs "authenticate"/],
  ]

  it.each(refused)('%s, and then nothing has changed', async (_what, options, changes, sentence) => {
    const { hub, url } = await serveHub(options)
    const all = { rules: { ...options.rules, z: { publish: false } }, limits: { messageBytes: 5 }, ...changes }
    expect(() => hub.reconfigure(all)).toThrow(sentence)
    expect(await statusOf(url('z'), posted('"123456789"'))).toBe(204)
  })

  it('anything of a hub that has closed', async () => {
    const hub = createHub()
    await hub.close({ graceMs: 0 })
    expect(() => hub.reconfigure({ rules: {} })).toThrow(expect.objectContaining({ code: 'draining' }))
  })
})
