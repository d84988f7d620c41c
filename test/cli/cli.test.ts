/** The command line, as real processes. */
import { once } from 'node:events'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import {
  type AddressInfo,
  connect,
  createServer as createNetServer,
  type Server as NetServer,
  type Socket,
} from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { createHub } from '../../src/index.js'
import { anywire } from '../support/program.js'

const transports = ['websocket', 'sse', 'poll'] as const
const builtPackage = new URL('../../dist/index.js', import.meta.url).href
const open: { close(): unknown }[] = []
afterEach(() => Promise.all(open.splice(0).map((one) => one.close())))

async function serve(...args: string[]) {
  const server = anywire(['serve', '--port', '0', ...args])
  const url = await server.listening()
  return { server, url, at: ['--url', `${url}/channels`] }
}

const publish = (at: string[], ...args: string[]) => anywire(['publish', ...args, ...at]).exited

/** All messages of a channel, page by page. */
async function logOf(url: string, offset = '-1'): Promise<unknown[]> {
  const response = await fetch(`${url}?offset=${offset}`)
  const page = (await response.json()) as unknown[]
  const next = response.headers.get('stream-next-offset')
  if (response.headers.get('stream-up-to-date') === 'true' || !next) return page
  return [...page, ...(await logOf(url, next))]
}

async function folderWith(name: string, text: string) {
  const folder = await mkdtemp(join(tmpdir(), 'anywire-'))
  await writeFile(join(folder, name), text)
  return folder
}

describe('anywire', () => {
  it.each(['', 'serve', 'publish', 'tail', 'doctor'])('%s --help tells its options', async (name) => {
    const command = name === '' ? [] : [name]
    const { code, lines } = await anywire([...command, '--help']).exited
    expect(code).toBe(0)
    expect(lines[0]).toContain(['Usage: anywire', ...command].join(' '))
  })

  it.each([
    ['an unknown command', ['sreve'], /unknown command 'sreve'/],
    ['an unknown option', ['serve', '--prot', '1'], /unknown option '--prot'/],
    ['a port that is none', ['serve', '--port', 'x'], /must be a whole number from 0 to 65535/],
    ['a missing configuration', ['serve', '--config', 'nowhere.js'], /There is no configuration at .*nowhere\.js/],
    ['all addresses without authenticate', ['serve', '--host', '0.0.0.0'], /only this machine is served/],
    ['a path that is none', ['serve', '--port', '0', '--path', 'here'], /must begin with "\/"/],
    ['a channel that is none', ['tail', 'a//b'], /has an empty segment/],
    ['a position that is none', ['tail', 'a', '--from', 'yesterday'], /none of start, now, snapshot/],
    ['a URL that is none', ['publish', 'a', '1', '--url', 'nowhere'], /no URL that begins with http/],
    ['nobody there', ['publish', 'a', '1', '--url', 'http://127.0.0.1:9'], /No answer from http:\/\/127\.0\.0\.1:9/],
    ['nobody there to tail', ['tail', 'a', '--url', 'http://127.0.0.1:9'], /No answer from http:\/\/127\.0\.0\.1:9/],
  ])('says in one sentence what is wrong with %s, and exits with 1', async (_what, args, sentence) => {
    const { code, errors, lines } = await anywire(args).exited
    expect({ code, lines }).toEqual({ code: 1, lines: [] })
    expect(errors).toMatch(/^error: [^\n]+\n(\(Did you mean [^\n]+\)\n)?$/)
    expect(errors).toMatch(sentence)
  })
})

describe('anywire serve', () => {
  it('says where it listens, and what without `authenticate` cannot be detected', async () => {
    const { server } = await serve()
    await server.until(({ lines }) => lines.length === 2)
    expect(server.lines).toEqual([
      expect.stringMatching(/^listening on http:\/\/127\.0\.0\.1:\d+$/),
      expect.stringMatching(/proxy here that adds no X-Forwarded-For cannot be detected/),
    ])
  })

  it('serves through a proxy with --trust-proxy only', async () => {
    const headers = { 'X-Forwarded-For': '127.0.0.1' }
    for (const [args, status] of [
      [[], 403],
      [['--trust-proxy'], 200],
    ] as const) {
      const { url } = await serve(...args)
      expect((await fetch(`${url}/channels/news`, { headers })).status).toBe(status)
      expect((await fetch(`${url}/channels/news`)).status).toBe(200)
    }
  })

  it.each(['SIGTERM', 'SIGINT'] as const)('ends cleanly at %s, with readers on every transport', async (signal) => {
    const { server, at } = await serve()
    await publish(at, 'news', '1')
    const readers = transports.map((transport) =>
      anywire(['tail', 'news', '--from', 'start', '--transport', transport, ...at]),
    )
    await Promise.all(readers.map((reader) => reader.until(({ lines }) => lines.length === 1)))
    expect(await server.stop(signal)).toMatchObject({ code: 0, errors: '' })
  })

  it('says that its port is in use', async () => {
    const { url } = await serve()
    const { code, errors } = await anywire(['serve', '--port', new URL(url).port]).exited
    expect(code).toBe(1)
    expect(errors).toMatch(/^error: Port \d+ is in use: [^\n]+\n$/)
  })

  it('mounts where --path says and creates as --create says', async () => {
    const { url } = await serve('--path', '/v1/stream', '--create', 'explicit')
    const post = () =>
      fetch(`${url}/v1/stream/a`, { method: 'POST', headers: { 'content-type': 'text/plain' }, body: 'x' })
    expect((await post()).status).toBe(404)
    await fetch(`${url}/v1/stream/a`, { method: 'PUT', headers: { 'content-type': 'text/plain' } })
    expect((await post()).status).toBe(204)
  })

  it('answers elsewhere where the channels are', async () => {
    const { url } = await serve()
    const response = await fetch(url)
    expect(response.status).toBe(404)
    expect(await response.text()).toContain('/channels/')
  })

  it('takes the configuration in the current folder', async () => {
    const rules = "export default { path: '/live', rules: { secret: { subscribe: false } } }"
    const cwd = await folderWith('anywire.config.mjs', rules)
    const url = await anywire(['serve', '--port', '0'], { cwd }).listening()
    expect((await fetch(`${url}/live/secret`)).status).toBe(403)
    expect((await fetch(`${url}/live/open`)).status).toBe(200)
  })

  it('says what is wrong with a configuration', async () => {
    const cwd = await folderWith('anywire.config.mjs', 'export const options = {}')
    const { code, errors } = await anywire(['serve', '--port', '0'], { cwd }).exited
    expect(code).toBe(1)
    expect(errors).toMatch(/has no object as its default export\.\n$/)
  })
})

describe('anywire publish', () => {
  it('prints the offset after the message', async () => {
    const { url, at } = await serve()
    const { code, lines } = await publish(at, 'news', '{"a":[1,2]}')
    expect({ code, lines }).toEqual({ code: 0, lines: [expect.stringMatching(/^\d{16}_\d{16}$/)] })
    expect(await (await fetch(`${url}/channels/news`)).json()).toEqual([{ a: [1, 2] }])
  })

  it('takes a URL with a slash at its end', async () => {
    const { url } = await serve()
    const at = ['--url', `${url}/channels/`]
    expect(await publish(at, 'news', '1')).toMatchObject({ code: 0, errors: '' })
    const { lines } = await anywire(['tail', 'news', '--from', 'start', '--count', '1', ...at]).exited
    expect(lines).toEqual(['1'])
  })

  it('publishes one message for each line, an array too', async () => {
    const { url, at } = await serve()
    const program = anywire(['publish', 'news', ...at])
    program.child.stdin.end(Array.from({ length: 2_000 }, (_, i) => `[${i}]\n`).join(''))
    expect(await program.exited).toMatchObject({ code: 0, errors: '' })
    expect(await logOf(`${url}/channels/news`)).toEqual(Array.from({ length: 2_000 }, (_, i) => [i]))
  })

  it('names the line that is not JSON, having published those before it', async () => {
    const { url, at } = await serve()
    const program = anywire(['publish', 'news', ...at])
    program.child.stdin.end('1\n\noops\n4\n')
    const { code, errors } = await program.exited
    expect(code).toBe(1)
    expect(errors).toMatch(/^error: Line 3 is not JSON: "oops"; [^\n]+\n$/)
    expect(await (await fetch(`${url}/channels/news`)).json()).toEqual([1])
  })

  it('says of a byte order mark what it is', async () => {
    const { at } = await serve()
    const program = anywire(['publish', 'news', ...at])
    program.child.stdin.end('\ufeff{"a":1}\n')
    expect((await program.exited).errors).toMatch(/^error: Line 1 begins with a byte order mark \(U\+FEFF\)/)
    expect((await publish(at, 'news', '\ufeff1')).errors).toContain('The message begins with a byte order mark')
  })

  it('sends nothing to where a redirect leads', async () => {
    const { url } = await serve()
    const redirect = createServer((request, response) => {
      request.resume()
      response.writeHead(307, { location: `${url}${request.url}` }).end()
    })
    open.push(redirect.listen(0, '127.0.0.1'))
    await once(redirect, 'listening')
    const { port } = redirect.address() as AddressInfo
    const { code, errors } = await publish(['--url', `http://127.0.0.1:${port}/channels`], 'news', '1')
    expect(code).toBe(1)
    expect(errors).toContain(`answered 307 and names ${url}/channels: nothing was sent there. Give that address`)
    expect(await logOf(`${url}/channels/news`)).toEqual([])
  })

  it('publishes text with --type, and names event and key', async () => {
    const { at } = await serve()
    await publish(at, 'log', 'ein Wört', '--type', 'text/plain', '--event', 'grüße', '--key', 'k')
    const { lines } = await anywire(['tail', 'log', '--from', 'start', '--count', '1', '--json', ...at]).exited
    expect(JSON.parse(lines[0]!)).toMatchObject({ data: 'ein Wört', event: 'grüße', key: 'k' })
  })

  it('stores a message once whose answer was lost', async () => {
    const { url, at } = await serve()
    const proxy = await lossyProxy(Number(new URL(url).port))
    const { code } = await publish(['--url', `http://127.0.0.1:${proxy.port}/channels`], 'news', '1')
    expect(code).toBe(0)
    expect(proxy.lost).toBe(1)
    const { lines } = await anywire(['tail', 'news', '--from', 'start', '--count', '1', ...at]).exited
    expect(lines).toEqual(['1'])
    expect(await (await fetch(`${url}/channels/news`)).json()).toEqual([1])
  })

  it('names the line that is refused', async () => {
    const receive = "({ data }) => { if (data === 2) throw new AnywireError('rejected', 'No twos.') }"
    const config = `import { AnywireError } from '${builtPackage}'\nexport default { rules: { odd: { receive: ${receive} } } }`
    const cwd = await folderWith('anywire.config.mjs', config)
    const url = await anywire(['serve', '--port', '0'], { cwd }).listening()
    const program = anywire(['publish', 'odd', '--url', `${url}/channels`])
    program.child.stdin.end('1\n\n2\n')
    expect(await program.exited).toMatchObject({ code: 1, errors: 'error: Line 3: No twos.\n' })
    expect(await logOf(`${url}/channels/odd`)).toEqual([1])
  })

  it('is refused at once with a credential that is not accepted', async () => {
    const cwd = await folderWith('anywire.config.mjs', 'export default { authenticate: () => undefined }')
    const url = await anywire(['serve', '--port', '0'], { cwd }).listening()
    const at = ['--url', `${url}/channels`, '--token', 'wrong']
    const ends = await Promise.all([publish(at, 'news', '1'), anywire(['tail', 'news', ...at]).exited])
    for (const { code, errors } of ends) {
      expect(code).toBe(1)
      expect(errors).toMatch(/^error: The credential is not accepted[^\n]+\n$/)
    }
  })

  it('creates no channel where only PUT does', async () => {
    const { url, at } = await serve('--create', 'explicit')
    const { code, errors } = await publish(at, 'log', 'x', '--type', 'text/plain')
    expect({ code, errors }).toEqual({ code: 1, errors: expect.stringMatching(/^error: [^\n]*"log"[^\n]*\n$/) })
    expect((await fetch(`${url}/channels/log`)).status).toBe(404)
  })

  it("prints the reply of the rule's receive", async () => {
    const cwd = await folderWith(
      'anywire.config.mjs',
      'export default { rules: { sum: { receive: ({ data }) => data[0] + data[1] } } }',
    )
    const url = await anywire(['serve', '--port', '0'], { cwd }).listening()
    const { lines } = await publish(['--url', `${url}/channels`], 'sum', '[20,22]')
    expect(lines).toEqual(['42'])
  })
})

describe.each(transports)('anywire tail over %s', (transport) => {
  const tail = (...args: string[]) => anywire(['tail', ...args, '--transport', transport])

  it('prints what is published, one message a line', async () => {
    const { at } = await serve()
    await publish(at, 'news', '{"a": 1}')
    const reader = tail('news', '--from', 'start', ...at)
    await reader.until(({ lines }) => lines.length === 1)
    await publish(at, 'news', '"two"')
    await reader.until(({ lines }) => lines.length === 2)
    expect(await reader.stop('SIGINT')).toEqual({ code: 0, lines: ['{"a":1}', '"two"'], errors: '' })
  })

  it('prints what was published as it was spelt, in one line', async () => {
    const { at } = await serve()
    await publish(at, 'exact', '{"long": 12345678901234567890,\n "float": 1.0, "text": "\\u0041 b"}')
    const exact = '{"long":12345678901234567890,"float":1.0,"text":"\\u0041 b"}'
    const { lines } = await tail('exact', '--from', 'start', '--count', '1', ...at).exited
    expect(lines).toEqual([exact])
    const whole = await tail('exact', '--from', 'start', '--count', '1', '--json', ...at).exited
    expect(whole.lines[0]).toContain(`"data":${exact}`)
  })

  it('prints what would steer a terminal as it is spelt in JSON', async () => {
    const { at } = await serve()
    await publish(at, 'log', '\u001b]0;owned\u0007 \u009b31m', '--type', 'text/plain')
    const { lines } = await tail('log', '--from', 'start', '--count', '1', ...at).exited
    expect(lines).toEqual(['\\u001b]0;owned\\u0007 \\u009b31m'])
  })

  it('prints whole messages with --json', async () => {
    const { at } = await serve()
    const { lines: offsets } = await publish(at, 'news', '1', '--event', 'e', '--key', 'k')
    const { code, lines } = await tail('news', '--from', 'last-1', '--json', '--count', '1', ...at).exited
    expect(code).toBe(0)
    expect(JSON.parse(lines[0]!)).toEqual({ offset: offsets[0], data: 1, event: 'e', key: 'k' })
  })

  it('goes on where it was when the server cuts it off', async () => {
    const hub = await hubServer()
    const reader = tail('news', '--from', 'start', '--url', hub.url)
    await hub.publish(1)
    await reader.until(({ lines }) => lines.length === 1)
    await hub.read()
    hub.cut()
    await hub.publish(2)
    await hub.publish(3)
    await reader.until(({ lines }) => lines.length === 3)
    expect(reader.lines).toEqual(['1', '2', '3'])
    // It is another pipe: what was printed first may come last.
    await reader.until(({ errors }) => errors.endsWith('\n'))
    expect(reader.errors).toMatch(/^disconnected: [^\n]+ Going on from \d{16}_\d{16}\.\n$/)
  })

  it('tells a gap on the standard error output', async () => {
    const hub = await hubServer()
    for (const n of [1, 2, 3]) await hub.publish(n)
    const [first] = await hub.offsets()
    for (const n of [4, 5, 6, 7, 8]) await hub.publish(n)
    const reader = tail('news', '--from', first!, '--url', hub.url)
    await reader.until(({ lines }) => lines.length === 3)
    expect(reader.lines).toEqual(['6', '7', '8'])
    await reader.until(({ errors }) => errors.endsWith('\n'))
    expect(reader.errors).toMatch(/^gap: 4 messages missed \(trimmed\)/)
  })

  it('ends when the channel is closed and read to its end', async () => {
    const { url, at } = await serve()
    await publish(at, 'news', '1')
    await fetch(`${url}/channels/news`, { method: 'POST', headers: { 'stream-closed': 'true' } })
    expect(await tail('news', '--from', 'start', ...at).exited).toEqual({ code: 0, lines: ['1'], errors: '' })
  })

  it('says why it is not let in', async () => {
    const hub = await hubServer()
    const { code, errors } = await tail('secret', '--url', hub.url).exited
    expect(code).toBe(1)
    expect(errors).toMatch(/^error: [^\n]*secret[^\n]*\n$/)
  })
})

describe('anywire tail over a transport that does not get through', () => {
  it('says that it waits, and goes on trying', async () => {
    const hub = await hubServer({ upgrades: false })
    await hub.publish(1)
    const reader = anywire(['tail', 'news', '--from', 'start', '--transport', 'websocket', '--url', hub.url])
    await reader.until(({ errors }) => errors.endsWith('\n'))
    expect(reader.errors).toMatch(/^waiting: The WebSocket was closed with 1006\.\n$/)
    hub.allowUpgrades()
    await reader.until(({ lines }) => lines.length === 1)
    expect(await reader.stop('SIGINT')).toMatchObject({ code: 0, lines: ['1'] })
  })
})

describe('anywire tail over auto', () => {
  it('takes an event stream where nothing upgrades', async () => {
    const hub = await hubServer({ upgrades: false })
    await hub.publish(1)
    const { code, lines } = await anywire(['tail', 'news', '--from', 'start', '--count', '1', '--url', hub.url]).exited
    expect({ code, lines }).toEqual({ code: 0, lines: ['1'] })
  })

  it('keeps its position from one transport to the next', async () => {
    const hub = await hubServer()
    const reader = anywire(['tail', 'news', '--from', 'start', '--url', hub.url])
    await hub.publish(1)
    await reader.until(({ lines }) => lines.length === 1)
    hub.refuseUpgrades()
    hub.cut()
    await hub.publish(2)
    await reader.until(({ lines }) => lines.length === 2)
    expect(reader.lines).toEqual(['1', '2'])
  })
})

/** A hub in this process that keeps three messages, on a server whose connections can be cut. */
async function hubServer({ upgrades = true } = {}) {
  const hub = createHub({ rules: { news: { retain: { messages: 3 } }, secret: { subscribe: false } } })
  const server = createServer()
  const sockets = new Set<Socket>()
  let upgrading = upgrades
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  server.on('request', hub.handle)
  server.on('upgrade', (request, socket, head) => {
    if (upgrading) hub.upgrade(request, socket, head)
    else socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')
  })
  const cut = () => {
    for (const socket of sockets) socket.destroy()
  }
  await listen(server)
  open.push({
    async close() {
      server.close()
      await hub.close({ graceMs: 0 })
      cut()
    },
  })
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/channels`,
    publish: (data: unknown) => hub.publish('news', data),
    async offsets() {
      const offsets: string[] = []
      for await (const message of hub.subscribe('news', { from: 'start' })) {
        if (message.kind === 'message' && offsets.push(message.offset) === 3) return offsets
      }
      return offsets
    },
    /** Resolves when somebody reads. */
    read: () => vi.waitFor(() => expect(hub.stats().subscriptions).toBe(1), 30_000),
    cut,
    refuseUpgrades: () => {
      upgrading = false
    },
    allowUpgrades: () => {
      upgrading = true
    },
  }
}

/** Passes connections on, but for the answer to the first publish, which it swallows before it ends the connection. */
async function lossyProxy(target: number) {
  const proxy = { port: 0, lost: 0 }
  const server = createNetServer((client) => {
    const upstream = connect(target, '127.0.0.1')
    client.pipe(upstream)
    for (const socket of [client, upstream]) socket.on('error', () => undefined)
    upstream.on('data', (bytes) => {
      if (proxy.lost > 0 || !bytes.includes('"published"')) return client.write(bytes)
      proxy.lost++
      client.destroy()
      return upstream.destroy()
    })
  })
  await listen(server)
  open.push(server)
  proxy.port = (server.address() as AddressInfo).port
  return proxy
}

function listen(server: NetServer): Promise<void> {
  return new Promise((done) => server.listen(0, '127.0.0.1', done))
}
