/** What a client says to a developer who runs into one of the walls that everyone runs into. */
import { readFileSync } from 'node:fs'
import { createServer, request, type Server, type ServerResponse } from 'node:http'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createHub, type Hub, type HubOptions } from '../../src/index.js'
import type { Browser, Page } from '../support/browsers/browser.js'
import { launchChromium } from '../support/browsers/chromium.js'
import { launchFirefox } from '../support/browsers/firefox.js'
import { freePort } from '../support/free-port.js'
import { listen, serveHub } from '../support/hub-server.js'
import { opener } from './facts.js'

const built = new URL('../../dist/browser/', import.meta.url)

/** `connect` with the given URL and options, and what it has said since. */
const html = `<!doctype html><link rel="icon" href="data:,"><script type="module">
import { connect } from '/client/client.js'
const warned = []
console.warn = (sentence) => void warned.push(sentence)
let client
globalThis.begin = (url, options, reading) => {
  client = connect(url, options)
  client.subscribe('news', reading, () => {}).closed.catch(() => {})
}
globalThis.seen = () => ({ state: client.state.value, problem: client.problem.value, warned })
</script>`

interface Seen {
  readonly state: string
  readonly problem?: { readonly code: string; readonly message: string }
  readonly warned: readonly string[]
}

/** A server with the page, and the client's files as an application has them; the rest is `others`' to answer. */
async function servePage(others = (response: ServerResponse) => void response.writeHead(404).end(), policy = '') {
  const server = createServer((request, response) => {
    const name = /^\/client\/([\w-]+\.js)$/.exec(request.url ?? '')?.[1]
    if (name) response.setHeader('content-type', 'text/javascript').end(readFileSync(new URL(name, built)))
    else if (request.url !== '/') others(response)
    else response.setHeader('content-security-policy', policy).setHeader('content-type', 'text/html').end(html)
  })
  return { server, origin: await listen(server) }
}

function hubOf(options: HubOptions): Hub {
  const hub = createHub(options)
  onTestFinished(() => hub.close({ graceMs: 1 }))
  return hub
}

/** From now on what is below `/channels` is somebody else's to answer. */
function passOn(server: Server, to: Pick<Hub, 'handle'>): void {
  const [answer] = server.listeners('request')
  server.removeAllListeners('request')
  server.on('request', (request, response) => {
    if (request.url?.startsWith('/channels')) to.handle(request, response)
    else answer?.(request, response)
  })
}

const seen = (page: Page) => page.call<Seen>('seen')
const codeOf = async (page: Page) => (await seen(page)).problem?.code

/** Pages of a browser, each with a client. */
function browserOf(launch: () => Promise<Browser>) {
  const open = opener(launch)
  const begin = async (origin: string, url: string, options: object = {}, reading: object = {}): Promise<Page> => {
    const page = await open(origin)
    await page.call('begin', url, options, reading)
    return page
  }
  /** What is said, once, when that code is found. */
  const sentence = async (page: Page, code: string): Promise<string> => {
    await expect.poll(() => codeOf(page)).toBe(code)
    const { problem, warned } = await seen(page)
    expect(warned.filter((one) => one === `Anywire: ${problem?.message}`)).toHaveLength(1)
    return problem!.message
  }
  return { begin, sentence }
}

describe.each([
  ['Chromium', launchChromium],
  ['Firefox', launchFirefox],
] as const)('a client in %s', (_, launch) => {
  const { begin, sentence } = browserOf(launch)

  it('says that a hub does not let the page in, and which origin to add', async () => {
    const { origin } = await servePage()
    const { url } = await serveHub()
    const said = await sentence(await begin(origin, url()), 'origin')
    expect(said).toContain(`add "${origin}" to its "origins"`)
  })

  it.each([
    ['of the page', (page: string) => page],
    ['elsewhere', (_: string, hub: string) => hub],
  ])('says that there is no hub at a wrong path of a server %s, and where one is', async (_, pick) => {
    const { origin, server } = await servePage()
    const other = createServer((_, response) => void response.writeHead(404).end())
    const of = pick(origin, await listen(other))
    passOn(of === origin ? server : other, hubOf({ origins: [origin] }))
    const said = await sentence(await begin(origin, `${of}/chanels`), 'no-hub')
    expect(said).toContain(`Did you mean ${of}/channels?`)
  })

  it('says that the policy of the page forbids it', async () => {
    const { origin } = await servePage(undefined, "connect-src 'self'")
    const { url, origin: host } = await serveHub({ origins: [origin] })
    expect(await sentence(await begin(origin, url(), { share: 'none' }), 'policy')).toContain(`add ${host} to`)
  })
})

describe('a client, in any browser,', () => {
  const { begin, sentence } = browserOf(launchChromium)

  it('says that nothing answers, and nothing more once it does', async () => {
    const { origin } = await servePage()
    const port = await freePort()
    const url = `http://127.0.0.1:${port}/channels`
    const page = await begin(origin, url)
    expect(await sentence(page, 'unreachable')).toBe(
      `Nothing answers at ${url}. Is the server running, and is this its address?`,
    )
    const server = createServer()
    hubOf({ origins: [origin] }).attach(server)
    onTestFinished(() => void server.close())
    server.listen(port, '127.0.0.1')
    await expect.poll(async () => (await seen(page)).state).toBe('open')
    await expect.poll(() => codeOf(page)).toBeUndefined()
  })

  it('says how a development server passes a path on that it does not know', async () => {
    const { origin } = await servePage()
    const said = await sentence(await begin(origin, '/channels'), 'no-hub')
    expect(said).toMatch(/^404 at .*\/channels: no Anywire hub there.*ws: true/)
  })

  it('says that a proxy does not reach the hub', async () => {
    const { origin } = await servePage((response) => void response.writeHead(502).end())
    expect(await sentence(await begin(origin, '/channels'), 'no-hub')).toMatch(/^502 at .* does not reach the hub/)
  })

  it('says that WebSockets do not get through a development server, over which it works', async () => {
    const { url } = await serveHub()
    const { origin, server } = await servePage()
    server.on('upgrade', (_, socket) => socket.destroy())
    passOn(server, {
      handle(asked, response) {
        const { method, headers } = asked
        const passed = request(url(asked.url?.slice('/channels'.length)), { method, headers })
        passed.on('response', (got) => got.pipe(response.writeHead(got.statusCode ?? 500, got.headers)))
        passed.on('error', () => response.destroy())
        asked.pipe(passed)
      },
    })
    const page = await begin(origin, '/channels')
    expect(await sentence(page, 'no-websocket')).toContain('set "ws: true"')
    await expect.poll(async () => (await seen(page)).state).toBe('open')
  })

  it('says why the hub refuses it, while another credential may help', async () => {
    const { origin } = await servePage()
    const { url } = await serveHub({ authenticate: () => null, origins: [origin] })
    const said = await sentence(await begin(origin, url()), 'refused')
    expect(said).toContain(`The hub at ${url()} refuses this client: `)
  })

  it('says which options there are not, and which were meant', async () => {
    const { origin } = await servePage()
    const { url } = await serveHub({ origins: [origin] })
    const page = await begin(origin, url(), { transport: ['poll'], outbox: { keeps: true } }, { form: 'start' })
    await expect
      .poll(async () => (await seen(page)).warned.toSorted())
      .toEqual([
        'Anywire: There is no option "form" of subscribe(): did you mean "from"?',
        'Anywire: There is no option "keeps" of "outbox" of connect(): did you mean "keep"?',
        'Anywire: There is no option "transport" of connect(): did you mean "transports"?',
      ])
    await expect.poll(async () => (await seen(page)).state).toBe('open')
    await expect.poll(() => codeOf(page)).toBeUndefined()
  })
})
