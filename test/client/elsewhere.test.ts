/** A page of another origin, whose browser keeps an answer from it that does not allow its cookies by name. */
import { createServer } from 'node:http'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { connect, type Transport } from '../../src/client/index.js'
import { createHub, type HubOptions } from '../../src/index.js'
import { listen } from '../support/hub-server.js'
import { dataOf } from './join.js'

const page = 'http://page.example'

/** `fetch` as a browser has it: with credentials, the answer must name the page's origin (Fetch standard, "CORS check"). */
async function inPage(options: HubOptions) {
  const server = createServer()
  const hub = createHub(options)
  hub.attach(server)
  onTestFinished(() => hub.close({ graceMs: 1 }))
  const origin = await listen(server)
  const asked: (RequestCredentials | undefined)[] = []
  const { fetch } = globalThis
  vi.stubGlobal('location', { origin: page, href: `${page}/` })
  vi.stubGlobal('fetch', async (url: string, init: RequestInit) => {
    asked.push(init.credentials)
    const response = await fetch(url, { ...init, headers: { ...init.headers, origin: page } })
    const allowed = response.headers.get('access-control-allow-origin')
    const withCredentials = response.headers.get('access-control-allow-credentials') === 'true'
    const passes = init.credentials === 'include' ? allowed === page && withCredentials : ['*', page].includes(allowed!)
    if (!passes) throw new TypeError('Failed to fetch')
    return response
  })
  onTestFinished(() => void vi.unstubAllGlobals())
  return { hub, asked, url: `${origin}/channels` }
}

describe.each<Transport>(['stream', 'poll'])('a page of another origin, by %s', (transport) => {
  it('asks without cookies where the hub lets in every origin, and takes cookies from none', async () => {
    const { hub, asked, url } = await inPage({ origins: ['*'] })
    const client = connect(url, { transports: [transport], share: 'none', outbox: { keep: false } })
    onTestFinished(() => client.close())
    await hub.publish('n', 1)
    expect(await dataOf(client.subscribe('n', { from: 'start' }), 1)).toEqual([1])
    await client.publish('n', 2)
    expect(new Set(asked)).toEqual(new Set(['include', 'omit']))
  })

  it('asks with cookies alone where the hub names its origin', async () => {
    const { hub, asked, url } = await inPage({ origins: [page] })
    const client = connect(url, { transports: [transport], share: 'none', outbox: { keep: false } })
    onTestFinished(() => client.close())
    await hub.publish('n', 1)
    expect(await dataOf(client.subscribe('n', { from: 'start' }), 1)).toEqual([1])
    expect(new Set(asked)).toEqual(new Set(['include']))
  })
})
