/** `anywire doctor` before real proxies: those of the samples, and those misconfigured on purpose. */
import { createServer, request, type Server } from 'node:http'
import { createSecureServer } from 'node:http2'
import { createGzip } from 'node:zlib'
import { describe, expect, it, onTestFinished } from 'vitest'
import { type HubOptions, http2Options } from '../../src/index.js'
import { listen, serveHub } from '../support/hub-server.js'
import { localhost } from '../support/localhost-certificate.js'
import { anywire } from '../support/program.js'
import { type RunningProxy, type Sample, startProxy, startSample } from '../support/proxies.js'

interface Diagnosis {
  readonly broken: boolean
  readonly front: { readonly proxy?: string; readonly seen?: string }
  readonly findings: readonly {
    readonly name: string
    readonly state: string
    readonly sentence: string
    readonly fault?: string
  }[]
  readonly mend: readonly { readonly fault: string; readonly lines: readonly string[] }[]
}

type Start = (origin: string) => Promise<RunningProxy>

const nginx =
  (...lines: string[]): Start =>
  (origin) =>
    startProxy('nginx', origin, { lines })
const haproxy =
  (...lines: string[]): Start =>
  (origin) =>
    startProxy('haproxy', origin, { lines })
const varnish =
  (...lines: string[]): Start =>
  (origin) =>
    startProxy('varnish', origin, { lines })
const sample =
  (name: Sample, changes: Readonly<Record<string, string>> = {}): Start =>
  (origin) =>
    startSample(name, origin, changes)

const upgrades = [
  'proxy_http_version 1.1;',
  'proxy_set_header Upgrade $http_upgrade;',
  'proxy_set_header Connection "upgrade";',
]
const cacheAll = 'proxy_cache anywire; proxy_buffering on;'

/** A gateway of one's own: passes answers on in chunks as they come, or through a gzip that nobody flushes. Upgrades are not its business. */
function relay(origin: string, { gzip = false } = {}): Promise<string> {
  const server = createServer((incoming, outgoing) => {
    const { method, url, headers } = incoming
    const asked = request(origin + url, { method, headers, agent: false }, (response) => {
      const compress = gzip && /gzip/.test(String(headers['accept-encoding']))
      const { connection: _hop, 'content-length': _length, ...rest } = response.headers
      outgoing.writeHead(response.statusCode!, { ...rest, ...(compress && { 'content-encoding': 'gzip' }) })
      outgoing.flushHeaders()
      if (compress) response.pipe(createGzip()).pipe(outgoing)
      else response.pipe(outgoing)
    })
    asked.on('error', () => outgoing.destroy())
    outgoing.on('close', () => asked.destroy())
    incoming.pipe(asked)
  })
  return listen(server)
}

/** What the doctor says of a hub behind a proxy. */
async function examined(start: Start, args: readonly string[], options: HubOptions = {}): Promise<Diagnosis> {
  const { origin } = await serveHub({ trustProxy: true, rules: { 'public/*': { cache: 'public' } }, ...options })
  return doctor((await running(start, origin)).url, args)
}

async function running(start: Start, origin: string): Promise<RunningProxy> {
  const proxy = await start(origin)
  onTestFinished(() => proxy.stop())
  return proxy
}

async function doctor(url: string, args: readonly string[]): Promise<Diagnosis> {
  const { code, lines, errors } = await anywire(['doctor', `${url}/channels`, '--json', '--patience', '1', ...args])
    .exited
  expect(errors).toBe('')
  const diagnosis = JSON.parse(lines.join('\n')) as Diagnosis
  expect(code).toBe(diagnosis.broken ? 1 : 0)
  return diagnosis
}

const faults = ({ findings }: Diagnosis) =>
  Object.fromEntries(findings.filter(({ state }) => state === 'broken').map(({ name, fault }) => [name, fault]))
const sentence = ({ findings }: Diagnosis, name: string) => findings.find((one) => one.name === name)?.sentence
const lines = ({ mend }: Diagnosis) => mend.flatMap((one) => one.lines).join('\n')

/** Where nothing is to be waited for in vain. */
const unhurried = ['--patience', '10']

describe('anywire doctor', () => {
  it('finds nothing wrong behind the samples', async () => {
    const names = [
      'nginx/nginx.conf',
      'nginx/cached.conf',
      'haproxy/haproxy.cfg',
      'varnish/anywire.vcl',
      'caddy/Caddyfile',
    ] as const
    const args = ['--idle', '1', '--channel', 'public/x', ...unhurried]
    const all = await Promise.all(names.map((name) => examined(sample(name), args)))
    expect(all.map(faults)).toEqual(names.map(() => ({})))
    expect(all.map(({ front }) => front.proxy)).toEqual(['nginx', 'nginx', undefined, 'varnish', 'caddy'])
    const shares = all.map((found) => /^A cache answers long polls/.test(sentence(found, 'shared polls') ?? ''))
    expect(shares).toEqual([false, true, false, true, false])
  })

  it('finds streams that are buffered, until how much has come, and upgrades that are dropped', async () => {
    const found = await examined(nginx('proxy_ignore_headers X-Accel-Buffering;'), ['--idle', '0', '--channel', 'x'])
    expect(faults(found)).toMatchObject({
      'event stream': 'buffered',
      'anywire.v1 stream': 'buffered',
      WebSocket: 'no-upgrade',
      'messages, event stream': 'buffered',
    })
    expect(sentence(found, 'messages, event stream')).toMatch(/^Begins when about \d+ KiB had been published/)
    expect(lines(found)).toMatch(/^nginx: proxy_buffering off;.*\nnginx: proxy_http_version 1\.1;/)
  })

  it('finds that nginx holds back what it compresses', async () => {
    const compresses = ['proxy_ignore_headers X-Accel-Buffering;', 'gzip_types text/event-stream;', ...upgrades]
    const found = await examined(nginx(...compresses), ['--idle', '0'])
    expect(faults(found)).toMatchObject({ 'event stream': 'buffered', 'anywire.v1 stream': 'buffered' })
    expect(lines(found)).toMatch(/no text\/event-stream in gzip_types/)
  })

  it('finds streams that are compressed and held back for that', async () => {
    const { origin } = await serveHub()
    const found = await doctor(await relay(origin, { gzip: true }), ['--idle', '0'])
    expect(faults(found)).toMatchObject({ 'event stream': 'compressed', 'anywire.v1 stream': 'compressed' })
    expect(lines(found)).toMatch(/nginx: gzip_types/)
  })

  it('finds that HAProxy holds back for 200 ms what is chunked on its way', async () => {
    const { origin } = await serveHub()
    const { url } = await running(haproxy(), await relay(origin))
    const found = await doctor(url, ['--idle', '0', '--channel', 'x'])
    expect(faults(found)).toMatchObject({ 'messages, event stream': 'late', 'messages, anywire.v1 stream': 'late' })
    expect(lines(found)).toContain('haproxy: option http-no-delay')
  })

  it('finds that nginx, HAProxy and Varnish cut what is silent for 2 s', async () => {
    const starts = [
      nginx('proxy_read_timeout 2s;', ...upgrades),
      haproxy('timeout server 2s', 'timeout client 2s'),
      sample('varnish/anywire.vcl', { '_timeout = 75s': '_timeout = 2s' }),
    ]
    const all = await Promise.all(starts.map((start) => examined(start, ['--idle', '4', ...unhurried])))
    for (const found of all) {
      expect(faults(found)).toMatchObject({ 'event stream': 'idle', 'anywire.v1 stream': 'idle', 'long poll': 'idle' })
      expect(sentence(found, 'event stream')).toMatch(/^Ended after [23](\.\d)? s of silence/)
    }
    expect(all.map((found) => faults(found).WebSocket)).toEqual(['idle', 'idle', undefined])
  })

  it('keeps silence for a heartbeat, which keeps streams from being cut', async () => {
    const limits = { limits: { heartbeatMs: 1_000, pollMs: 1_000 } }
    const found = await examined(nginx('proxy_read_timeout 2s;', ...upgrades), unhurried, limits)
    expect(faults(found)).toEqual({})
    expect(sentence(found, 'silence')).toBe("Nothing is cut before the hub's heartbeat (every 1 s).")
    expect(sentence(found, 'long poll')).toMatch(/^Waits, and is answered after 1/)
  })

  it('finds that Varnish as it comes drops upgrades', async () => {
    const found = await examined(varnish(), ['--idle', '0', ...unhurried])
    expect(faults(found)).toEqual({ WebSocket: 'no-upgrade' })
    expect(lines(found)).toContain('return (pipe);')
  })

  it('finds a cache that joins event streams and keeps what nobody may keep', async () => {
    const blind =
      'sub vcl_backend_response { unset beresp.http.Cache-Control; set beresp.ttl = 60s; return (deliver); }'
    const start = sample('varnish/anywire.vcl', {
      'sub vcl_pipe {': `${blind}\nsub vcl_pipe {`,
      'return (pass)': 'return (hash)',
    })
    const found = await examined(start, ['--idle', '0'])
    expect(faults(found)).toMatchObject({ 'readers apart': 'shared', 'what nobody may keep': 'stale' })
  })

  it('finds a lock that makes readers wait for each other', async () => {
    const locks = `${cacheAll} proxy_cache_lock on; proxy_cache_lock_timeout 20s; proxy_cache_lock_age 20s;`
    const start = sample('nginx/cached.conf', {
      'location /channels {': `location /channels { ${locks}`,
      '      proxy_buffering off;\n': '',
    })
    const found = await examined(start, ['--idle', '0', '--channel', 'x'])
    expect(faults(found)).toMatchObject({ 'messages, polls': 'locked' })
  })

  it('finds a cache that does not say so by what it says of the newest position', async () => {
    const keeps = `${cacheAll} proxy_ignore_headers Cache-Control; proxy_cache_valid 200 1m;`
    const start = sample('nginx/cached.conf', {
      'location /channels {': `location /channels { ${keeps}`,
      '      proxy_buffering off;\n': '',
    })
    const found = await examined(start, ['--idle', '0', '--channel', 'x'])
    expect(faults(found)).toMatchObject({ 'the newest position': 'stale' })
  })

  it('finds messages that come twice', async () => {
    const { hub, origin } = await serveHub({ rules: { x: { receive: ({ data }) => void hub.publish('x', data) } } })
    expect(faults(await doctor(origin, ['--idle', '0', '--channel', 'x']))).toMatchObject({
      'messages, WebSocket': 'repeated',
    })
  })

  it('looks at TLS and HTTP/2', async () => {
    const start = sample('caddy/Caddyfile', {
      'admin off': 'admin off\n\tskip_install_trust',
      'http://127.0.0.1': 'https://127.0.0.1',
      'encode {': 'tls internal\n\tencode {',
    })
    const { origin } = await serveHub({ trustProxy: true })
    const url = (await running(start, origin)).url.replace('http:', 'https:')
    expect(sentence(await doctor(url, ['--idle', '0']), 'request')).toMatch(/certificate/)
    const found = await doctor(url, ['--idle', '0', '--insecure', ...unhurried])
    expect(faults(found)).toEqual({})
    expect(sentence(found, 'HTTP version')).toMatch(/^HTTP\/2 is offered/)
    expect(sentence(found, 'WebSocket over HTTP/2')).toMatch(/^Is not offered/)
  })

  it('opens a stream and a WebSocket over HTTP/2, and finds that one is offered which nobody answers', async () => {
    const { hub } = await serveHub()
    const secure = () => createSecureServer({ ...localhost(), ...http2Options() }) as unknown as Server
    const attached = secure()
    hub.attach(attached)
    const found = await doctor((await listen(attached)).replace('http:', 'https:'), [
      '--idle',
      '0',
      '--insecure',
      ...unhurried,
    ])
    expect(faults(found)).toEqual({})
    expect(sentence(found, 'event stream over HTTP/2')).toBe('Streams.')
    expect(sentence(found, 'WebSocket over HTTP/2')).toBe('Opens.')
    const deaf = secure().on('request', hub.handle).on('upgrade', hub.upgrade)
    const broken = await doctor((await listen(deaf)).replace('http:', 'https:'), ['--idle', '0', '--insecure'])
    expect(faults(broken)).toEqual({ 'WebSocket over HTTP/2': 'no-upgrade' })
  })

  it('says what a hub says that does not let it in, and exits with 0', async () => {
    const { origin } = await serveHub({ authenticate: () => null })
    const { findings, broken } = await doctor(origin, ['--idle', '0'])
    expect(broken).toBe(false)
    expect(findings[0]).toMatchObject({
      state: 'note',
      sentence: 'The hub answers 401: This needs a credential, and none came.',
    })
  })

  it('says that there is no hub', async () => {
    const server = createServer((_request, response) => response.end('<h1>It works</h1>'))
    expect(sentence(await doctor(await listen(server), []), 'request')).toMatch(/^Answered 200 .* not by a hub/)
    const nobody = await doctor('http://127.0.0.1:9', [])
    expect(sentence(nobody, 'request')).toMatch(/^No answer from http:\/\/127\.0\.0\.1:9/)
  })

  it('prints a table, and the lines that mend', async () => {
    const { origin } = await serveHub()
    const { url } = await running(nginx('proxy_ignore_headers X-Accel-Buffering;'), origin)
    const { code, lines } = await anywire(['doctor', `${url}/channels`, '--idle', '0', '--patience', '1']).exited
    expect(code).toBe(1)
    expect(lines[0]).toBe(`${url}/channels, behind nginx (server: nginx/1.22.1)`)
    expect(lines).toContainEqual(expect.stringMatching(/^✓ request {2,}Answered 200/))
    expect(lines).toContainEqual(expect.stringMatching(/^✗ event stream {2,}No event came within 1 s/))
    expect(lines).toContainEqual(expect.stringMatching(/^ {4}nginx: proxy_buffering off;/))
  })
})
