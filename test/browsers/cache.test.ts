/** The cache of the client, in both browsers. */
import { createServer } from 'node:http'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createHub } from '../../src/index.js'
import { launchChromium } from '../support/browsers/chromium.js'
import { launchFirefox } from '../support/browsers/firefox.js'
import { listen } from '../support/hub-server.js'
import { cacheFacts } from './cache.js'
import { opener } from './facts.js'

describe.each([
  ['Chromium', launchChromium],
  ['Firefox', launchFirefox],
])('the cache in %s', (_, launch) => cacheFacts(opener(launch)))

describe('a page without a bundler', () => {
  const open = opener(launchChromium)

  it('loads the cache when it first asks for it', async () => {
    const hub = createHub()
    onTestFinished(() => hub.close({ graceMs: 1 }))
    const asked: string[] = []
    const page = `<!doctype html><link rel="icon" href="data:,"><script type="module">
      import { connect } from '/channels/$/client.js'
      const client = connect('/channels', { share: 'none', cache: true })
      globalThis.read = () => client.subscribe('a').opened
      globalThis.cached = async () => typeof (await client.cache()).page
    </script>`
    const server = createServer((request, response) => {
      asked.push(request.url ?? '')
      if (request.url === '/') response.writeHead(200, { 'content-type': 'text/html' }).end(page)
      else hub.handle(request, response)
    })
    server.on('upgrade', (request, socket, head) => hub.upgrade(request, socket, head))
    const tab = await open(await listen(server))
    const files = () => asked.filter((url) => url.endsWith('/cache.js'))
    await expect.poll(() => tab.call('read').then(() => 'read', String)).toBe('read')
    expect(files()).toEqual([])
    expect(await tab.call('cached')).toBe('function')
    expect(files()).toEqual(['/channels/$/cache.js'])
  })
})
