/** What a client is told of a page's assets before the page is there. */
import { execFile } from 'node:child_process'
import { readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { ask } from '../support/clients/request.js'
import { speak } from '../support/transport.js'
import { html, PushClient, serveSite, style } from './site.js'

speak('h2c')

const css = 'p { color: green }'
const site = { 'index.html': html(style), 'style.css': css }
const run = async (...[command, ...args]: [string, ...string[]]) =>
  (await promisify(execFile)(command, args, { timeout: 10_000 })).stdout
const navigation = { 'sec-fetch-dest': 'document', 'sec-fetch-mode': 'navigate' }
const noPush = { enablePush: false }
const hint = '</style.css>; rel=preload; as=style'

describe('early hints', () => {
  it('come to a browser that opens a page, before the page', async () => {
    const { origin } = await serveSite(site)
    const client = new PushClient(origin, noPush)
    expect(await client.get('/', navigation)).toEqual({ status: 200, text: site['index.html'], hints: [hint] })
  })

  it('come while the program still makes the page, and not after its head', async () => {
    let finish = () => {}
    const made = new Promise<void>((resolve) => {
      finish = resolve
    })
    const { origin } = await serveSite(site, {}, async (request, response, { ahead }) => {
      if (request.url === '/late') response.end('made')
      await ahead(request, response, 'index.html')
      await made
      if (request.url !== '/late') response.end('made')
    })
    const client = new PushClient(origin, noPush)
    const stream = client.session.request({ ':path': '/rooms/7', ...navigation })
    await new Promise((resolve) => stream.once('headers', resolve))
    finish()
    expect(await client.get('/late', navigation)).toEqual({ status: 200, text: 'made', hints: [] })
  })

  it.each([
    ['a script that fetches the page', '/', { 'sec-fetch-dest': 'empty' }],
    ['a frame', '/', { 'sec-fetch-dest': 'iframe' }],
    ['a client that says nothing of itself', '/', {}],
    ['a part of the page', '/', { ...navigation, range: 'bytes=0-4' }],
    ['another method', '/', { ...navigation, ':method': 'HEAD' }],
    ['a file that is no page', '/style.css', navigation],
    ['a page that is not there', '/none.html', navigation],
  ])('do not come to %s', async (_what, path, headers) => {
    const { origin } = await serveSite(site)
    expect((await new PushClient(origin, noPush).get(path, headers)).hints).toEqual([])
  })

  it('do not come over HTTP/1.1', async () => {
    speak('http/1.1')
    const { origin } = await serveSite(site)
    speak('h2c')
    const said = await run('curl', '-si', '-H', 'sec-fetch-dest: document', `${origin}/`)
    expect(said.match(/^HTTP.*$/gm)).toEqual(['HTTP/1.1 200 OK'])
  })

  it('are of the first 32 assets', async () => {
    const many = Array.from({ length: 500 }, (_, n) => `<script src="${n}.js"></script>`)
    const { origin } = await serveSite({ 'index.html': html(...many) })
    const { hints } = await new PushClient(origin, noPush).get('/', navigation)
    expect(hints[0]!.split(', ')).toHaveLength(32)
  })

  it('are of the entry of a manifest that a page is made for', async () => {
    const manifest = {
      'src/main.ts': { file: 'assets/main-1.js', isEntry: true, imports: ['_shared.js'], css: ['assets/main-1.css'] },
      '_shared.js': { file: 'assets/shared-2.js', css: ['assets/shared-2.css'] },
    }
    const files = { '.vite/manifest.json': JSON.stringify(manifest) }
    const options = { manifest: '.vite/manifest.json', path: '/app' }
    const { origin } = await serveSite(files, options, async (request, response, { ahead }) => {
      await ahead(request, response, 'src/main.ts')
      response.end()
    })
    const { hints } = await new PushClient(origin, noPush).get('/anywhere', navigation)
    expect(hints[0]!.split(', ')).toEqual([
      '</app/assets/main-1.css>; rel=preload; as=style',
      '</app/assets/shared-2.css>; rel=preload; as=style',
      '</app/assets/main-1.js>; rel=modulepreload',
      '</app/assets/shared-2.js>; rel=modulepreload',
    ])
  })
})

describe('server push', () => {
  it('brings what a page loads, in the words of nghttp', async () => {
    const { origin } = await serveSite(site)
    const said = await run('nghttp', '-v', '-n', '--no-dep', `${origin}/`)
    const [promise, page, pushed] = [
      ':path: /style.css',
      '(stream_id=1) :status: 200',
      'recv DATA frame <length=18',
    ].map((line) => said.indexOf(line))
    expect(promise).toBeGreaterThan(0)
    expect(page).toBeGreaterThan(promise!)
    expect(pushed).toBeGreaterThan(page!)
    expect(said).not.toContain(':status: 103')
    const refused = await run('nghttp', '-v', '-n', '--no-push', `${origin}/`)
    expect(refused).not.toContain('PUSH_PROMISE')
  })

  it('is for the host that the page was asked of, and brings the file with its type', async () => {
    const { origin } = await serveSite(site)
    const client = new PushClient(origin)
    const promised = new Promise<unknown[]>((resolve) =>
      client.session.once('stream', (stream, headers) => stream.once('push', (head) => resolve([headers, head]))),
    )
    await client.get('/', { ':authority': 'localhost:1' })
    const [asked, head] = await promised
    expect(asked).toMatchObject({ ':method': 'GET', ':scheme': 'http', ':authority': 'localhost:1' })
    expect(head).toMatchObject({ ':status': 200, 'content-type': 'text/css; charset=utf-8', etag: expect.any(String) })
    expect(await client.pushed[0]!.text).toBe(css)
  })

  it('brings nothing twice in a session, nor what its client has asked for', async () => {
    const second = html(style, '<script src="/a.js"></script>', '<script src="/b.js"></script>')
    const { origin } = await serveSite({ ...site, 'second.html': second, 'a.js': '1', 'b.js': '2' })
    const client = new PushClient(origin)
    await client.get('/')
    await client.get('/b.js')
    await client.get('/')
    await client.get('/second.html')
    expect(client.paths).toEqual(['/style.css', '/a.js'])
    const other = new PushClient(origin)
    await other.get('/second.html')
    expect(other.paths).toEqual(['/style.css', '/a.js', '/b.js'])
  })

  it('brings nothing to a client that has the page', async () => {
    const { origin } = await serveSite(site)
    const client = new PushClient(origin)
    const etag = String((await ask(`${origin}/`)).headers.etag)
    expect(await client.get('/', { 'if-none-match': etag })).toMatchObject({ status: 304 })
    expect(client.paths).toEqual([])
  })

  it('brings nothing from elsewhere: other origins, paths out of the folder, hidden files, what is not there', async () => {
    const foreign = ['https://other.example/style.css', '//other.example/style.css', 'data:text/css,', 'http://[']
    const outside = [
      '/../secret.css',
      '/%2e%2e/secret.css',
      '/..%2fsecret.css',
      '/..%5csecret.css',
      '/a%00.css',
      '/%zz.css',
    ]
    const missing = ['/.hidden.css', '/none.css', '/folder', '/folder/', '/removed.css']
    const links = [...foreign, ...outside, ...missing, '/fine.css?v=2'].map((href) => style.replace('/style.css', href))
    const hidden = { '.hidden.css': css, 'folder/a.css': css, 'removed.css': css }
    const { folder, origin } = await serveSite({ 'index.html': html(...links), 'fine.css': css, ...hidden })
    writeFileSync(join(folder, '../secret.css'), css)
    rmSync(join(folder, 'removed.css'))
    const client = new PushClient(origin)
    await client.get('/')
    expect(client.paths).toEqual(['/fine.css?v=2'])
    const { hints } = await new PushClient(origin, noPush).get('/', navigation)
    expect(hints[0]).not.toContain('other.example')
  })

  it.each([0, 2, 8])(
    'goes on with the page when its client resets what is pushed with code %i, and keeps no file open',
    async (code) => {
      const { origin, folder } = await serveSite({ 'index.html': html(style), 'style.css': 'x'.repeat(1_000_000) })
      const client = new PushClient(origin)
      client.session.on('stream', (stream) => stream.once('push', () => stream.close(code)))
      expect(await client.get('/')).toMatchObject({ status: 200, text: site['index.html'] })
      await client.pushed[0]!.text
      expect(await client.get('/style.css')).toMatchObject({ status: 200 })
      await expect.poll(() => filesOpenIn(folder)).toEqual([])
    },
  )

  it('does not keep a client that allows few streams from its page', async () => {
    const names = Array.from({ length: 20 }, (_, n) => `${n}.js`)
    const files = Object.fromEntries(names.map((name) => [name, name]))
    const { origin } = await serveSite({
      'index.html': html(...names.map((name) => `<script src="${name}"></script>`)),
      ...files,
    })
    const client = new PushClient(origin, { maxConcurrentStreams: 1 })
    for (let round = 0; round < 2; round++) expect(await client.get('/')).toMatchObject({ status: 200 })
    for (const { path, text } of client.pushed) expect(`/${await text}`).toBe(path)
  })
})

describe('a client', () => {
  it('that resets its page with any code ends no more than that', async () => {
    const { origin, folder } = await serveSite({ ...site, 'index.html': html(style) + 'x'.repeat(1_000_000) })
    for (const code of [0, 2, 8]) {
      const client = new PushClient(origin)
      const page = client.session.request({ ':path': '/' })
      page.on('error', () => undefined)
      await new Promise((resolve) => page.once('response', resolve))
      page.close(code)
      expect(await client.get('/style.css')).toMatchObject({ status: 200, text: css })
    }
    await expect.poll(() => filesOpenIn(folder)).toEqual([])
  })
})

function filesOpenIn(folder: string): string[] {
  const paths = readdirSync('/proc/self/fd').map((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`)
    } catch {
      return ''
    }
  })
  return paths.filter((path) => path.startsWith(folder))
}
