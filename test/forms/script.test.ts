/** The client's own files, as a server gives them to pages. PROTOCOL.md 3.7. */
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it, onTestFinished } from 'vitest'
import { RawClient } from '../support/clients/raw-client.js'
import { ask } from '../support/clients/request.js'
import { listen, serveHub } from '../support/hub-server.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const app = 'https://app.example'

/** Names that a script imports from beside itself, or starts as a worker. */
const besides = (text: string) => [...text.matchAll(/["'`]\.\/([\w-]+\.js)["'`]/g)].map(([, name]) => name!)

describe("the client's files", () => {
  it('are there with all that they load', async () => {
    const { url } = await serveHub()
    const names = new Set(['client.js'])
    for (const name of names) {
      const { status, headers, text } = await ask(url(`$/${name}`))
      expect({ name, status, type: headers['content-type'] }).toEqual({ name, status: 200, type: 'text/javascript' })
      for (const other of besides(text)) names.add(other)
    }
    const later = ['cache', 'group', 'over-post', 'presence', 'problem', 'renewal', 'schema', 'sender', 'transform']
    expect([...names].sort()).toEqual(['client', 'worker', ...later].map((name) => `${name}.js`).sort())
  })

  it('may run: no policy shuts them in, and what a browser says of a script is no reason to refuse', async () => {
    const { url } = await serveHub()
    for (const destination of ['script', 'worker', 'sharedworker']) {
      const { status, headers } = await ask(url('$/worker.js'), { headers: { 'Sec-Fetch-Dest': destination } })
      expect(status).toBe(200)
      expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff' })
      expect(headers).not.toHaveProperty('content-security-policy')
      expect(headers).not.toHaveProperty('content-disposition')
    }
  })

  it('are kept by a browser, which asks whether they changed', async () => {
    const { url } = await serveHub()
    const first = await ask(url('$/client.js'))
    expect(first.headers['cache-control']).toBe('no-cache')
    expect(first.headers.etag).toMatch(/^"[\w-]{22}"$/)
    const again = await ask(url('$/client.js'), { headers: { 'If-None-Match': first.headers.etag! } })
    expect(again).toMatchObject({ status: 304, text: '', headers: { etag: first.headers.etag } })
    const other = await ask(url('$/client.js'), { headers: { 'If-None-Match': '"another"' } })
    expect(other.text).toBe(first.text)
  })

  it('come compressed to those who accept it, under an ETag of its own', async () => {
    const { url } = await serveHub()
    const plain = await ask(url('$/client.js'))
    const gzip = await ask(url('$/client.js'), { headers: { 'Accept-Encoding': 'br, gzip;q=0.8' } })
    expect(gzip.headers).toMatchObject({ 'content-encoding': 'gzip', vary: 'Accept-Encoding, Origin' })
    expect(gunzipSync(gzip.bytes).toString()).toBe(plain.text)
    expect(gzip.headers.etag).not.toBe(plain.headers.etag)
    const refused = await ask(url('$/client.js'), { headers: { 'Accept-Encoding': 'gzip;q=0' } })
    expect(refused.headers).not.toHaveProperty('content-encoding')
  })

  it('answer HEAD as GET without the body, and nothing else', async () => {
    const { url } = await serveHub()
    const whole = await ask(url('$/client.js'))
    const head = await ask(url('$/client.js'), { method: 'HEAD' })
    expect(head).toMatchObject({ status: 200, text: '', headers: { 'content-length': String(whole.bytes.length) } })
    for (const method of ['POST', 'PUT', 'DELETE']) {
      const answer = await ask(url('$/client.js'), { method })
      expect(answer).toMatchObject({ status: 405, code: 'bad-method', headers: { allow: 'GET, HEAD' } })
    }
  })

  it('need no credential, but the right machine where nobody is told apart', async () => {
    const strict = await serveHub({ authenticate: () => null })
    expect((await ask(strict.url('$/client.js'))).status).toBe(200)
    expect((await ask(strict.url('news'))).status).toBe(401)
    const local = await serveHub()
    const rebound = await ask(local.url('$/client.js'), { headers: { Host: 'evil.example' } })
    expect(rebound).toMatchObject({ status: 421, code: 'misdirected' })
  })

  it('are read by pages of allowed origins and our own, and loaded by any', async () => {
    const { url, origin } = await serveHub({ origins: [app] })
    const from = async (one: string) => (await ask(url('$/client.js'), { headers: { Origin: one } })).headers
    expect(await from(app)).toMatchObject({
      'access-control-allow-origin': app,
      'cross-origin-resource-policy': 'cross-origin',
    })
    for (const one of [origin, 'https://evil.example', 'null']) {
      const headers = await from(one)
      expect(headers['cross-origin-resource-policy']).toBe('cross-origin')
      expect(headers).not.toHaveProperty('access-control-allow-origin')
      expect(headers.vary).toBe('Accept-Encoding, Origin')
    }
  })

  it('are a closed list: any other name is a channel, and no path leads out', async () => {
    const { url, port } = await serveHub()
    for (const name of ['$/other.js', '$/index.js', '$/client.js.map']) {
      expect(await ask(url(name))).toMatchObject({ status: 403, code: 'forbidden' })
    }
    for (const name of ['$/../client.js', '$/%2e%2e/client.js', '$/..%2f..%2fpackage.json', '$//client.js']) {
      const client = new RawClient(port, `GET /channels/${name} HTTP/1.0\r\nHost: localhost\r\n\r\n`)
      await client.ended
      expect(client.head).toMatch(/^HTTP\/1.1 400 /)
    }
  })

  it('are where the hub is mounted', async () => {
    const { url } = await serveHub({ path: '/live/feeds' })
    expect((await ask(url('$/client.js'))).status).toBe(200)
  })

  it('are said to be missing where they were not built', async () => {
    const { createHub } = await unbundled()
    const hub = createHub()
    onTestFinished(() => hub.close({ graceMs: 1 }))
    const origin = await listen(createServer(hub.handle))
    const answer = await ask(`${origin}/channels/$/client.js`)
    expect(answer).toMatchObject({
      status: 404,
      code: 'unknown-channel',
      text: expect.stringContaining('npm run build'),
    })
  })
})

/** The built package without its browser files. */
async function unbundled(): Promise<typeof import('../../src/index.js')> {
  const cache = join(realpathSync(join(root, 'node_modules')), '.cache')
  mkdirSync(cache, { recursive: true })
  const folder = mkdtempSync(join(cache, 'unbundled-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const browser = join(root, 'dist', 'browser')
  cpSync(join(root, 'dist'), join(folder, 'dist'), { recursive: true, filter: (path) => path !== browser })
  cpSync(join(root, 'package.json'), join(folder, 'package.json'))
  return import(pathToFileURL(join(folder, 'dist', 'index.js')).href)
}
