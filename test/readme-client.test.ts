/** The README's page on the client: each block runs as it is pasted, in browsers and in Node. */
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { build } from 'vite'
import { describe, expect, it, vi } from 'vitest'
import { opener } from './browsers/facts.js'
import { applicationOf } from './support/application.js'
import type { Page } from './support/browser.js'
import { launchChromium } from './support/chromium.js'
import { launchFirefox } from './support/firefox.js'
import { serveHub } from './support/hub-server.js'
import { block } from './support/readme.js'

const patience = { timeout: 15_000, interval: 20 }
const head = '<!doctype html><link rel="icon" href="data:,"><body>'
const run = promisify(execFile)

/** A hub, and these pages and files beside it. */
async function serve(files: Readonly<Record<string, string>>, options?: Parameters<typeof serveHub>[0]) {
  const served = await serveHub(options)
  served.server.on('request', (request, response) => {
    const text = files[request.url ?? '']
    const type = text?.startsWith('<') ? 'text/html' : 'text/javascript'
    response.writeHead(text === undefined ? 404 : 200, { 'content-type': type }).end(text)
  })
  return served
}

/** What Vite builds of an application, as an application does that has no settings of its own. */
async function serveBuilt(files: Readonly<Record<string, string>>) {
  const root = applicationOf({
    'index.html': `${head}<div id="root"></div><script type="module" src="/main.jsx"></script>`,
    ...files,
  })
  const built = await build({ root, configFile: false, logLevel: 'error' })
  const output = 'output' in built ? built.output : []
  const texts = output.map(({ fileName }) => [
    fileName === 'index.html' ? '/' : `/${fileName}`,
    readFileSync(join(root, 'dist', fileName), 'utf8'),
  ])
  return serve(Object.fromEntries(texts))
}

const evaluate = <T>(tab: Page, code: string) => tab.call<T>('eval', code)
const shows = (tab: Page, text: string) =>
  vi.waitFor(async () => expect(await evaluate(tab, 'document.body.innerText')).toContain(text), patience)

/** Fills in the form of the page and sends it. */
const say = (tab: Page, text: string) =>
  evaluate(tab, `document.forms[0].elements.text.value = ${JSON.stringify(text)}; document.forms[0].requestSubmit()`)

describe.each([
  ['Chromium', launchChromium],
  ['Firefox', launchFirefox],
])('the page in %s', { timeout: 60_000 }, (_, launch) => {
  const open = opener(launch)

  it('shows what another page says', async () => {
    const { origin, hub } = await serve({ '/': head + block('html page') })
    await hub.publish('chat/7', { text: 'earlier' })
    const [one, other] = [await open(origin), await open(origin)]
    await shows(other, 'earlier')
    await say(one, 'hello')
    await shows(other, 'hello')
  })
})

describe('in Chromium', { timeout: 60_000 }, () => {
  const open = opener(launchChromium)

  it('the React component shows what was said, and says', async () => {
    const { origin, hub } = await serveBuilt({ 'main.jsx': block('jsx react') })
    await hub.publish('chat/7', { text: 'earlier' })
    const tab = await open(origin)
    await shows(tab, 'earlier')
    await shows(tab, 'open')
    await say(tab, 'hello')
    await shows(tab, 'hello')
  })

  it('the Vue composable does the same, and follows a ref', async () => {
    const main = `
      import { createApp, h, ref } from 'vue'
      import { useChannel } from './use-channel.js'
      const channel = ref('chat/7')
      const setup = () => {
        const { messages, publish, error } = useChannel(channel, { from: 'start' })
        Object.assign(globalThis, { channel, publish })
        return () => h('p', error.value?.message ?? messages.value.map(({ data }) => data.text).join())
      }
      createApp({ setup }).mount('#root')`
    const { origin, hub } = await serveBuilt({ 'main.jsx': main, 'use-channel.js': block('js vue') })
    await hub.publish('chat/7', { text: 'earlier' })
    await hub.publish('chat/8', { text: 'elsewhere' })
    const tab = await open(origin)
    await shows(tab, 'earlier')
    await evaluate(tab, "publish({ text: 'hello' })")
    await shows(tab, 'earlier,hello')
    await evaluate(tab, "channel.value = 'chat/8'; undefined")
    await shows(tab, 'elsewhere')
    await expect.poll(() => hub.stats().subscriptions, patience).toBe(1)
    await evaluate(tab, "channel.value = ''; undefined")
    await shows(tab, 'is empty')
  })

  it('the job blurs an image', async () => {
    const image = '<script>image = new ImageData(2, 1); image.data[0] = 200</script>'
    const main = `${block('js offload')}\nglobalThis.blurred = [...out.data]`
    const { origin } = await serveBuilt({
      'index.html': `${head}${image}<script type="module" src="/main.jsx"></script>`,
      'main.jsx': main,
      'blur.js': block('js blur'),
    })
    const tab = await open(origin)
    await expect.poll(() => evaluate(tab, 'globalThis.blurred'), patience).toEqual([200, 0, 0, 0, 100, 0, 0, 0])
  })

  it('the token says who publishes', async () => {
    const script = `<script type="module">${block('js token')}\nglobalThis.client = client</script>`
    const { origin } = await serve(
      { '/': head + script, '/token': 'secret-of-ann' },
      {
        authenticate: (credential) => (credential ? { id: credential.token } : null),
        rules: { '*': { receive: (_message, { principal }) => principal.id } },
      },
    )
    const tab = await open(origin)
    await vi.waitFor(async () => expect(await evaluate(tab, 'typeof client')).toBe('object'), patience)
    expect(await evaluate(tab, "client.publish('news', 1)")).toMatchObject({ reply: 'secret-of-ann' })
  })
})

describe('in Node', { timeout: 60_000 }, () => {
  it.each([
    ['js node', "33\n{ text: 'Hello' }\n"],
    ['js errors', 'forbidden never\n'],
  ])('the program of the block "%s" prints what its comments say', async (info, output) => {
    const { port } = await serveHub({ rules: { prices: { publish: false } } })
    const folder = applicationOf({ 'main.js': block(info, port) })
    const { stdout } = await run(process.execPath, ['main.js'], { cwd: folder })
    expect(stdout).toBe(output)
  })

  it('the types compile, and refuse a message that does not fit', async () => {
    const tsc = fileURLToPath(import.meta.resolve('typescript/package.json')).replace('package.json', 'bin/tsc')
    const options = {
      strict: true,
      noEmit: true,
      module: 'NodeNext',
      target: 'ES2023',
      lib: ['ES2023', 'ESNext.Disposable', 'DOM'],
    }
    const wrong =
      "\n// @ts-expect-error a price is a number\nawait client.publish('prices', { symbol: 'ABC', price: '1' })"
    const folder = applicationOf({
      'tsconfig.json': JSON.stringify({ compilerOptions: { ...options, types: [] }, files: ['main.ts'] }),
      'main.ts': block('ts types') + wrong,
    })
    const { stdout } = await run(process.execPath, [tsc, '-p', folder])
    expect(stdout).toBe('')
  })
})
