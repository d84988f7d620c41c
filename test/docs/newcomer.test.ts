/** A newcomer makes mistakes in a new folder with the package. What is printed stands in mistakes.txt: read it. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { freePort } from '../support/free-port.js'
import { newFolder } from './folder.js'
import { lines, Newcomer, programs } from './mistakes.js'
import { Running } from './running.js'

/** Of these many at a time: each is a process or two. */
const together = 4

/** All answers, in the order of the questions. */
async function inTurns<T, R>(all: readonly T[], ask: (one: T) => Promise<R>): Promise<R[]> {
  const answers: R[] = []
  for (let at = 0; at < all.length; at += together) {
    answers.push(...(await Promise.all(all.slice(at, at + together).map(ask))))
  }
  return answers
}

describe('a newcomer', { timeout: 480_000 }, () => {
  it('is told in a sentence what is wrong with each mistake, and what to do', async () => {
    const folder = newFolder()
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
    rmSync(join(folder, 'node_modules', 'yjs'))
    const [port, closed] = [await freePort(), await freePort()]
    const hub = new Running({
      command: process.execPath,
      args: [join('node_modules', 'anywire', 'dist', 'cli', 'main.js'), 'serve', '--port', `${port}`],
      folder,
      env: { ...process.env, ANYWIRE_PORT: undefined },
    })
    onTestFinished(() => hub.stop())
    await hub.listens(port)
    const newcomer = new Newcomer(folder, [
      [`${port}`, '<port>'],
      [`${closed}`, '<closed>'],
    ])
    const here = (text: string) => text.replaceAll('<port>', `${port}`).replaceAll('<closed>', `${closed}`)
    const typed = await inTurns(lines, async (line) => `$ ${line}\n${await newcomer.types(here(line))}`)
    const run = await inTurns(Object.entries(programs), async ([what, program]) => {
      const file = `${what.replaceAll(' ', '-')}.mjs`
      return `# ${what}\n${await newcomer.runs(file, here(program))}`
    })
    await expect(`${[...typed, ...run].join('\n\n')}\n`).toMatchFileSnapshot('mistakes.txt')
  })
})
