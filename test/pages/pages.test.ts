/** A folder of pages, served over HTTP/1.1 and HTTP/2, alone and beside others. */
import { once } from 'node:events'
import { symlinkSync, unlinkSync, writeFileSync } from 'node:fs'
import { createServer, get, type IncomingMessage } from 'node:http'
import { join } from 'node:path'
import express from 'express'
import { fastify } from 'fastify'
import { afterAll, describe, expect, it, onTestFinished } from 'vitest'
import { createHub, pages } from '../../src/index.js'
import { ask, post } from '../support/clients/request.js'
import { listen } from '../support/hub-server.js'
import { type Speech, speak } from '../support/transport.js'
import { folderOf, html, PushClient, serveSite, style } from './site.js'

const css = 'p { color: green }'
const files = { 'index.html': html(style), 'style.css': css, 'docs/index.html': html(), 'docs/a b.txt': 'text' }

describe.each<Speech>(['http/1.1', 'h2c'])('pages over %s', (speech) => {
  const site = (options?: Parameters<typeof serveSite>[1], program?: Parameters<typeof serveSite>[2]) => {
    speak(speech)
    return serveSite(files, options, program)
  }
  afterAll(() => speak('http/1.1'))

  it('are files with their types, and folders their index.html', async () => {
    const { origin } = await site()
    for (const [path, text, type] of [
      ['/', files['index.html'], 'text/html; charset=utf-8'],
      ['/style.css?v=2', css, 'text/css; charset=utf-8'],
      ['/docs/', files['docs/index.html'], 'text/html; charset=utf-8'],
      ['/docs/a%20b.txt', 'text', 'text/plain; charset=utf-8'],
    ]) {
      const answer = await ask(origin + path)
      expect([answer.status, answer.text, answer.headers['content-type']]).toEqual([200, text, type])
      expect(answer.headers['x-content-type-options']).toBe('nosniff')
    }
    const folder = await ask(`${origin}/docs?a=b`)
    expect([folder.status, folder.headers.location]).toEqual([301, '/docs/?a=b'])
  })

  it('are found below a path', async () => {
    const { origin } = await site({ path: '/app' })
    expect((await ask(`${origin}/app/style.css`)).text).toBe(css)
    expect((await ask(`${origin}/app`)).headers.location).toBe('/app/')
    for (const path of ['/style.css', '/application', '/']) expect((await ask(origin + path)).status).toBe(404)
  })

  it('are none that symbolic links lead to outside of the folder, unless the options say so', async () => {
    const outside = folderOf({ 'secret.txt': 'secret', 'more/deep.txt': 'secret' })
    for (const [outerLinks, status] of [
      [undefined, 404],
      [true, 200],
    ] as const) {
      const { origin, folder } = await site({ outerLinks })
      symlinkSync(join(outside, 'secret.txt'), join(folder, 'link.txt'))
      symlinkSync(outside, join(folder, 'elsewhere'))
      symlinkSync('style.css', join(folder, 'inside.css'))
      for (const path of ['/link.txt', '/elsewhere/secret.txt', '/elsewhere/more/deep.txt'])
        expect((await ask(origin + path)).status).toBe(status)
      expect((await ask(`${origin}/inside.css`)).text).toBe(css)
    }
  })

  it('are those of a folder that is itself a symbolic link, and may be led elsewhere', async () => {
    const link = join(folderOf({}), 'current')
    symlinkSync(folderOf({ 'a.txt': 'first' }), link)
    const server = createServer(pages(link))
    const origin = await listen(server)
    speak('http/1.1')
    expect((await ask(`${origin}/a.txt`)).text).toBe('first')
    unlinkSync(link)
    symlinkSync(folderOf({ 'a.txt': 'second' }), link)
    expect((await ask(`${origin}/a.txt`)).text).toBe('second')
  })

  it('answer to conditions and ranges', async () => {
    const { origin, folder } = await site()
    const url = `${origin}/style.css`
    const etag = String((await ask(url)).headers.etag)
    const status = async (headers: Record<string, string>) => (await ask(url, { headers })).status
    expect(await status({ 'if-none-match': etag })).toBe(304)
    expect(await status({ 'if-match': '"other"' })).toBe(412)
    const part = await ask(url, { headers: { range: 'bytes=0-0' } })
    expect([part.status, part.text, part.headers['content-range']]).toEqual([206, 'p', `bytes 0-0/${css.length}`])
    const none = await ask(url, { headers: { range: 'bytes=1000-' } })
    expect([none.status, none.headers['content-range']]).toEqual([416, `bytes */${css.length}`])
    expect((await ask(url, { method: 'HEAD' })).headers['content-length']).toBe(String(css.length))
    writeFileSync(join(folder, 'style.css'), 'changed')
    expect((await ask(url, { headers: { 'if-none-match': etag } })).text).toBe('changed')
  })

  it('are for reading', async () => {
    const { origin } = await site()
    const answer = await post(`${origin}/`, 1)
    expect([answer.status, answer.headers.allow]).toEqual([405, 'GET, HEAD'])
  })

  it('are nothing outside of the folder, and nothing that is hidden', async () => {
    const { origin, folder } = await site()
    writeFileSync(join(folder, '.env'), 'secret')
    for (const path of [
      '/../secret',
      '/%2e%2e/secret',
      '/..%2f',
      '/docs/..%2f..%2fsecret',
      '/.env',
      '/%2eenv',
      '/a%00',
      '/%zz',
      '//docs',
      '/docs%5cindex.html',
    ])
      expect([path, await statusOf(origin, path, speech)]).toEqual([path, 404])
  })

  it('are kept for a year where names change with what they name, else for as long as their page is loaded', async () => {
    const { origin } = await site({ immutable: 'docs/' })
    const kept = async (path: string) => (await ask(origin + path)).headers['cache-control']
    expect(await kept('/docs/a%20b.txt')).toBe('public, max-age=31536000, immutable')
    expect(await kept('/style.css')).toBe('public, max-age=10')
    expect(await kept('/')).toBe('public, max-age=0')
  })

  it('have the fields that the program has set', async () => {
    const { origin } = await site({}, (request, response, own) => {
      response.setHeader('content-security-policy', "default-src 'self'")
      own(request, response)
    })
    expect((await ask(`${origin}/`)).headers['content-security-policy']).toBe("default-src 'self'")
  })

  it('stand beside a hub', async () => {
    const { origin, server } = await site()
    const hub = createHub()
    onTestFinished(() => hub.close({ graceMs: 1 }))
    hub.attach(server)
    expect((await ask(`${origin}/channels/n`)).text).toBe('[]')
    expect((await ask(`${origin}/`)).text).toBe(files['index.html'])
  })
})

/** As it stands: `URL` would tidy the path up. */
async function statusOf(origin: string, path: string, speech: Speech): Promise<number> {
  if (speech === 'h2c') return (await new PushClient(origin).get(path)).status
  const request = get({ port: new URL(origin).port, path, agent: false })
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  response.resume()
  return response.statusCode!
}

describe('pages in a framework', () => {
  it('leave to Express what they do not have', async () => {
    const app = express()
    app.use('/app', pages(folderOf(files), { path: '/app' }))
    app.use((_request, response) => void response.status(418).send('own'))
    const origin = await listen(createServer(app))
    expect((await ask(`${origin}/app/style.css`)).text).toBe(css)
    expect((await ask(`${origin}/app/none.css`)).status).toBe(418)
    expect((await post(`${origin}/app/style.css`, 1)).status).toBe(418)
  })

  it('answer in Fastify', async () => {
    const app = fastify()
    const site = pages(folderOf(files))
    app.get('/*', (request, reply) => {
      reply.hijack()
      site(request.raw, reply.raw)
    })
    await app.ready()
    onTestFinished(() => app.close())
    const origin = await listen(app.server)
    expect((await ask(`${origin}/`)).text).toBe(files['index.html'])
  })
})

describe('pages', () => {
  it('say what is wrong with a folder, a path and a manifest', () => {
    const folder = folderOf({ 'broken.json': '{' })
    expect(() => pages(join(folder, 'none'))).toThrow(/There is no folder .*none/)
    expect(() => pages(folder, { path: 'app/' })).toThrow(/must begin with "\/"/)
    expect(() => pages(folder, { manifest: 'none.json' })).toThrow(/no manifest of Vite .*build\.manifest/)
    expect(() => pages(folder, { manifest: 'broken.json' })).toThrow(/no manifest of Vite/)
  })
})
