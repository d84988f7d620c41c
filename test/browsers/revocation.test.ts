/** Revocation in a browser: a native EventSource ends for good, and the client goes on with the next token. */
import { createServer } from 'node:http'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createHub } from '../../src/index.js'
import { launchChromium } from '../support/browsers/chromium.js'
import { listen } from '../support/hub-server.js'
import { opener } from './facts.js'

const page = `<!doctype html><link rel="icon" href="data:,"><script type="module">
  import { connect } from '/channels/$/client.js'
  const told = { stream: [], client: [] }
  let current = 'old'
  const source = new EventSource('/channels/n?token=old')
  source.onmessage = ({ data }) => told.stream.push(JSON.parse(data))
  const token = () => current
  const client = connect('/channels', { token, share: 'none' })
  const subscription = client.subscribe('n', { from: 'start' }, ({ data }) => told.client.push(data))
  globalThis.opened = () => subscription.opened.then(() => source.readyState)
  globalThis.renew = () => { current = 'new' }
  globalThis.tell = () => ({ ...told, readyState: source.readyState })
</script>`

/** Two tokens of ann: the old one was issued before what is revoked. */
const issuedAt: Readonly<Record<string, number>> = { old: Date.now() - 60_000, new: Date.now() - 1_000 }

async function serve() {
  const hub = createHub({
    authenticate: (credential) =>
      credential && { id: 'ann', revocable: { token: credential.token, issuedAt: issuedAt[credential.token] } },
    queryToken: true,
  })
  onTestFinished(() => hub.close({ graceMs: 1 }))
  const server = createServer((request, response) => {
    if (request.url === '/') response.writeHead(200, { 'content-type': 'text/html' }).end(page)
    else hub.handle(request, response)
  })
  server.on('upgrade', (request, socket, head) => hub.upgrade(request, socket, head))
  return { hub, origin: await listen(server) }
}

describe('a token that is revoked in Chromium', () => {
  const open = opener(launchChromium)

  it('ends a native EventSource for good, and the client goes on with the next one and loses nothing', async () => {
    const { hub, origin } = await serve()
    const tab = await open(origin)
    const tell = () => tab.call<{ stream: number[]; client: number[]; readyState: number }>('tell')
    await expect.poll(() => tab.call('opened')).toBe(1)
    await hub.publish('n', 1)
    await expect.poll(tell).toMatchObject({ stream: [1], client: [1] })
    await tab.call('renew')
    await hub.revoke({ principal: 'ann', issuedBefore: Date.now() - 30_000 })
    await hub.publish('n', 2)
    // It comes back by itself, and is answered 401.
    await expect.poll(tell).toMatchObject({ stream: [1], client: [1, 2], readyState: 2 })
    await hub.publish('n', 3)
    await expect.poll(tell).toMatchObject({ stream: [1], client: [1, 2, 3], readyState: 2 })
  })
})
