/** Whose the publishes are that a page has left behind. */
import { createServer } from 'node:http'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createHub } from '../../src/index.js'
import { launchChromium } from '../support/browsers/chromium.js'
import { listen } from '../support/hub-server.js'
import { opener } from './facts.js'

/** Publishes as the one whom a JWT names: resolves when it is kept, and when it is stored. */
const page = `<!doctype html><link rel="icon" href="data:,"><script>
async function publishAs(sub) {
  const { connect } = await import('/channels/$/client.js')
  const token = () => ['', btoa(JSON.stringify({ sub })), ''].join('.')
  const client = connect('/channels', { token, share: 'none', transports: ['poll'] })
  return new Promise((kept) => {
    globalThis.stored = client.publish('log', 'by ' + sub, { queued: () => kept('kept') })
  })
}
const answer = () => stored.then(() => 'stored')
</script>`

/** Keeps who published what, while it can be reached. */
async function serve() {
  const log: unknown[] = []
  const subjectOf = (token: string) => JSON.parse(atob(token.split('.')[1]!)).sub as string
  const hub = createHub({
    authenticate: (credential) => ({ id: credential ? subjectOf(credential.token) : 'nobody' }),
    rules: { log: { receive: ({ data }, { principal }) => log.push(`${principal.id}: ${data}`) } },
  })
  onTestFinished(() => hub.close({ graceMs: 1 }))
  const state = { online: true }
  const server = createServer((request, response) => {
    if (!request.url!.startsWith('/channels')) response.writeHead(200, { 'content-type': 'text/html' }).end(page)
    else if (request.method === 'POST' && !state.online) request.socket.destroy()
    else hub.handle(request, response)
  })
  return { origin: await listen(server), state, log }
}

describe('the outbox in Chromium', () => {
  const open = opener(launchChromium)

  it('publishes nothing that another principal has left, and keeps it for that one', async () => {
    const { origin, state, log } = await serve()
    const tab = await open(origin)
    state.online = false
    expect(await tab.call('publishAs', 'ann')).toBe('kept')
    await tab.visit(origin)
    state.online = true
    await tab.call('publishAs', 'bob')
    expect(await tab.call('answer')).toBe('stored')
    expect(log).toEqual(['bob: by bob'])
    await tab.visit(origin)
    await tab.call('publishAs', 'ann')
    expect(await tab.call('answer')).toBe('stored')
    expect(log).toEqual(['bob: by bob', 'ann: by ann', 'ann: by ann'])
  })
})
