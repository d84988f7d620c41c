/** The README's code runs as it is pasted. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { chromiumHere } from './support/installed.js'
import { freePort } from './support/proxies.js'
import { block, readme } from './support/readme.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const folder = join(root, 'node_modules', '.cache', 'readme')

function run(name: string, code: string): ChildProcess {
  const file = join(folder, name)
  writeFileSync(file, code)
  return spawn(process.execPath, [file], { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] })
}

async function outputOf(child: ChildProcess): Promise<string> {
  let output = ''
  child.stdout?.on('data', (chunk) => {
    output += chunk
  })
  await once(child, 'close')
  return output
}

describe('README', () => {
  const started: ChildProcess[] = []
  beforeAll(() => mkdirSync(folder, { recursive: true }))
  afterAll(() => {
    for (const child of started) child.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  })

  it('shows a server and a browser that run as pasted before line 20', async () => {
    expect(readme.split('\n').indexOf('```js browser')).toBeLessThan(20)
    const port = await freePort()
    started.push(run('server.mjs', block('js server', port)))
    await untilAnswers(`http://127.0.0.1:${port}/channels/clock`)
    const browser = await chromium.launch(chromiumHere)
    try {
      const page = await browser.newPage()
      await page.goto(`http://127.0.0.1:${port}/`)
      const said = page.waitForEvent('console')
      await page.evaluate(block('js browser', port))
      expect(Number.isNaN(Date.parse((await said).text()))).toBe(false)
    } finally {
      await browser.close()
    }
  })

  it('shows rules that run as pasted', async () => {
    const output = await outputOf(run('rules.mjs', block('js rules', 0)))
    expect(output).toBe("{ symbol: 'ABC', price: 10 }\n")
  })

  it('shows a server and a provider of documents that run as pasted', async () => {
    const port = await freePort()
    started.push(run('documents.mjs', block('js documents', port)))
    await untilAnswers(`http://127.0.0.1:${port}/channels/yjs/notes`)
    const provider = block('js provider', port).replace("'/channels'", `'http://127.0.0.1:${port}/channels'`)
    const child = run('provider.mjs', provider)
    started.push(child)
    expect(String((await once(child.stdout!, 'data'))[0])).toBe('true \n')
  })

  it('shows a command line that runs as pasted', async () => {
    const port = await freePort()
    const url = `ANYWIRE_URL=http://127.0.0.1:${port}/channels`
    const lines = block('sh cli', port).trimEnd().split('\n')
    const [serve, ...rest] = lines.map((line) => line.replace('npx anywire', `${url} node dist/cli/main.js`))
    const background = spawn('node', ['dist/cli/main.js', 'serve', '--port', String(port)], {
      cwd: root,
      stdio: 'ignore',
    })
    started.push(background)
    expect(serve).toContain('serve &')
    await untilAnswers(`http://127.0.0.1:${port}/channels/news`)
    const tail = rest.pop()
    const shell = spawn('sh', ['-c', `${rest.join('\n')}\ntimeout -s INT 2 ${`env ${tail?.split('#')[0]}`}`], {
      cwd: root,
      stdio: 'pipe',
    })
    const output = await outputOf(shell)
    expect(output).toContain('[{"title":"Hello"}]')
    expect(output).toContain('data: {"title":"Hello"}')
    expect(output).toContain('{"title":"Again"}')
  })
})

async function untilAnswers(url: string): Promise<void> {
  const until = Date.now() + 15_000
  for (;;) {
    const answered = await fetch(url).then(
      (response) => response.ok,
      () => false,
    )
    if (answered) return
    if (Date.now() > until) throw new Error(`${url} does not answer`)
    await new Promise((resolve) => setImmediate(resolve))
  }
}
