/** Vite and webpack, as they come, take the client from `node_modules`, and its worker too. */
import { readFileSync, writeFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { join } from 'node:path'
import { build, createServer } from 'vite'
import { describe, expect, it, onTestFinished } from 'vitest'
import webpack from 'webpack'
import { applicationOf } from '../support/application.js'
import { launchChromium } from '../support/browsers/chromium.js'
import { serveHub } from '../support/hub-server.js'
import { opener } from './facts.js'

/** The application: `read` answers the first message, `readInAnother` does so in a frame of the same page. */
const main = `
import { connect } from 'anywire/client'
globalThis.read = (share) => new Promise((resolve) => {
  connect('/channels', { share }).subscribe('news', { from: 'start' }, (item) => resolve(item.data))
})
globalThis.readInAnother = (share) => new Promise((resolve) => {
  const frame = document.createElement('iframe')
  frame.onload = () => resolve(frame.contentWindow.read(share))
  frame.src = '/'
  document.body.append(frame)
})
`
const page = (script: string) => `<!doctype html><link rel="icon" href="data:,"><body>${script}</body>`

const application = () =>
  applicationOf({ 'main.js': main, 'index.html': page('<script type="module" src="/main.js"></script>') })

type Answer = (request: IncomingMessage, response: ServerResponse) => void

/** What was built in a folder. */
const files =
  (folder: string): Answer =>
  ({ url }, response) => {
    const path = url === '/' ? '/index.html' : url!
    response.setHeader('Content-Type', path.endsWith('.html') ? 'text/html' : 'text/javascript')
    response.end(readFileSync(join(folder, path)))
  }

async function builtByVite(root: string): Promise<Answer> {
  await build({ root, configFile: false, logLevel: 'warn' })
  return files(join(root, 'dist'))
}

async function servedByVite(root: string): Promise<Answer> {
  const server = { middlewareMode: true, hmr: false, ws: false } as const
  const vite = await createServer({ root, configFile: false, logLevel: 'warn', server })
  onTestFinished(() => vite.close())
  return vite.middlewares
}

async function builtByWebpack(context: string): Promise<Answer> {
  const path = join(context, 'dist')
  const compiler = webpack({ mode: 'production', context, entry: './main.js', output: { path } })
  const stats = await new Promise<webpack.Stats | undefined>((resolve, reject) => {
    compiler.run((error, found) => (error ? reject(error) : resolve(found)))
  })
  expect(stats?.toJson({ all: false, errors: true, warnings: true })).toMatchObject({ errors: [], warnings: [] })
  writeFileSync(join(path, 'index.html'), page('<script src="/main.js"></script>'))
  return files(path)
}

describe.each([
  ['a build by Vite', builtByVite],
  ["Vite's server for developing", servedByVite],
  ['a build by webpack', builtByWebpack],
])('%s', (_, bundle) => {
  const open = opener(launchChromium)

  it('gives pages a client with both its workers, the shared one and their own', async () => {
    const answer = await bundle(application())
    const { server, hub, origin } = await serveHub()
    const wanted: unknown[] = []
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      wanted.push(request.headers['sec-fetch-dest'])
      answer(request, response)
    })
    await hub.publish('news', 'extra, extra')
    const tab = await open(`${origin}/`)
    expect(await tab.call('read', 'tabs')).toBe('extra, extra')
    expect(await tab.call('readInAnother', 'tabs')).toBe('extra, extra')
    await expect.poll(() => hub.stats().connections).toBe(1)
    expect(await tab.call('read', 'worker')).toBe('extra, extra')
    await expect.poll(() => hub.stats().connections).toBe(2)
    expect(wanted).toEqual(expect.arrayContaining(['sharedworker', 'worker']))
  })
})
