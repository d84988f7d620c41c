/** One browser, one user after the other, told apart by a cookie that no page can see. */
import { createServer } from 'node:http'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createHub } from '../../src/index.js'
import { launchChromium } from '../support/browsers/chromium.js'
import { listen } from '../support/hub-server.js'
import { opener } from './facts.js'

/** `?share=…`; `&elected` takes the SharedWorker away, so that a tab is elected. */
const page = `<!doctype html><link rel="icon" href="data:,"><script>
const query = new URLSearchParams(location.search)
if (query.has('elected')) delete globalThis.SharedWorker
const client = import('/channels/$/client.js').then(({ connect }) => connect('/channels', { share: query.get('share') }))
const say = async (text) => (await client).publish('log', text).then(() => 'stored', ({ code }) => code)
const leave = async (text) => {
  const { publish } = await client
  return new Promise((kept) => void publish('log', text, { queued: () => kept('kept') }).catch(() => {}))
}
</script>`

/** `/as/<name>` signs in and shows the page. Keeps who published what. */
async function serve() {
  const log: string[] = []
  const hub = createHub({
    cookie: 'sid',
    authenticate: (credential) => (credential ? { id: credential.token } : null),
    rules: { log: { receive: ({ data }, { principal }) => void log.push(`${principal.id}: ${data}`) } },
  })
  onTestFinished(() => hub.close({ graceMs: 1 }))
  const state = { online: true }
  const server = createServer((request, response) => {
    const name = /^\/as\/(\w+)/.exec(request.url!)?.[1]
    if (name) {
      response.setHeader('set-cookie', `sid=${name}; Path=/; HttpOnly`)
      response.writeHead(200, { 'content-type': 'text/html' }).end(page)
    } else if (request.method === 'POST' && !state.online) request.socket.destroy()
    else hub.handle(request, response)
  })
  server.on('upgrade', (request, socket, head) => {
    if (state.online) hub.upgrade(request, socket, head)
    else socket.destroy()
  })
  return { hub, origin: await listen(server), state, log }
}

describe.each(['share=tabs', 'share=tabs&elected', 'share=worker', 'share=none'])('with cookies and %s', (query) => {
  const open = opener(launchChromium)
  const as = (origin: string, name: string) => `${origin}/as/${name}?${query}`

  /** Ann's page, which has published once before the server went away. */
  async function offline() {
    const { hub, ...served } = await serve()
    const tab = await open(as(served.origin, 'ann'))
    expect(await tab.call('say', 1)).toBe('stored')
    served.state.online = false
    hub.disconnect({})
    return { ...served, tab }
  }

  it('no tab publishes over the connection of another user', async () => {
    const { origin, log } = await serve()
    const ann = await open(as(origin, 'ann'))
    expect(await ann.call('say', 1)).toBe('stored')
    const bob = await ann.beside(as(origin, 'bob'))
    expect(await bob.call('say', 2)).toBe('stored')
    await ann.call('say', 3)
    expect(log.slice(0, 2)).toEqual(['ann: 1', 'bob: 2'])
    expect(log).not.toContain('bob: 3')
  })

  it('nobody sends what another user has left, and that one does', async () => {
    const { origin, state, log, tab } = await offline()
    expect(await tab.call('leave', 'left')).toBe('kept')
    await tab.visit(as(origin, 'bob'))
    state.online = true
    expect(await tab.call('say', 2)).toBe('stored')
    await tab.visit(as(origin, 'ann'))
    expect(await tab.call('say', 3)).toBe('stored')
    expect(log).toEqual(['ann: 1', 'bob: 2', 'ann: left', 'ann: 3'])
  })

  it('a page that cannot ask who its user is keeps what it publishes for the last one known', async () => {
    const { origin, state, log, tab } = await offline()
    await tab.visit(as(origin, 'ann'))
    expect(await tab.call('leave', 'left')).toBe('kept')
    await tab.visit(as(origin, 'ann'))
    expect(await tab.call('leave', 'left too')).toBe('kept')
    await tab.visit(as(origin, 'bob'))
    state.online = true
    expect(await tab.call('say', 2)).toBe('stored')
    await tab.visit(as(origin, 'ann'))
    expect(await tab.call('say', 3)).toBe('stored')
    expect(log).toEqual(['ann: 1', 'bob: 2', 'ann: left', 'ann: left too', 'ann: 3'])
  })

  it('a page that learns late who its user is publishes as that one what it has kept', async () => {
    const { origin, state, log, tab } = await offline()
    await tab.visit(as(origin, 'bob'))
    expect(await tab.call('leave', 'of bob')).toBe('kept')
    state.online = true
    expect(await tab.call('say', 2)).toBe('stored')
    expect(log).toEqual(['ann: 1', 'bob: of bob', 'bob: 2'])
  })
})
