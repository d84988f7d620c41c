/** `npx anywire serve` ends with what has started it; without npm it goes on alone, as under nohup. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))

/** A shell that has started a server, as npx does. Answers the shell and the process of the server, which listens. */
async function started(env: Record<string, string>): Promise<{ shell: ChildProcess; pid: number }> {
  const kept = Object.entries(process.env).filter(([name]) => !/^(ANYWIRE_|npm_)/.test(name))
  const line = `"${process.execPath}" "${main}" serve --port 0 & echo $!; wait`
  const shell = spawn('sh', ['-c', line], { env: { ...Object.fromEntries(kept), ...env } })
  const lines = createInterface({ input: shell.stdout })
  let pid = 0
  onTestFinished(() => {
    shell.kill('SIGKILL')
    if (pid > 0 && isThere(pid)) process.kill(pid, 'SIGKILL')
  })
  for await (const text of lines) {
    if (/^\d+$/.test(text)) pid = Number(text)
    else if (text.startsWith('listening on ')) break
  }
  return { shell, pid }
}

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

describe('anywire serve', () => {
  it('ends when npx is gone, which passes no signal on', async () => {
    const { shell, pid } = await started({ npm_lifecycle_event: 'npx' })
    expect(isThere(pid)).toBe(true)
    shell.kill('SIGKILL')
    await expect.poll(() => isThere(pid)).toBe(false)
  })

  it('goes on without its parent where npm has not started it', async () => {
    const { shell, pid } = await started({})
    const closed = once(shell, 'exit')
    shell.kill('SIGKILL')
    await closed
    // It says so itself: a hub that leaves is told by its exit, and this one still takes a signal.
    expect(isThere(pid)).toBe(true)
    process.kill(pid, 'SIGTERM')
    await expect.poll(() => isThere(pid)).toBe(false)
  })
})
