/** `anywire serve` as a unit of systemd: what it tells, and when. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { describe, expect, it, onTestFinished } from 'vitest'
import { anywire } from '../support/program.js'

/** A socket as systemd has one; Node knows no datagrams of Unix. It prints "bound", and each datagram as a line. */
const listener = `import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
print("bound", flush=True)
while True: print(s.recv(4096).decode().replace("\\n", " "), flush=True)`

async function notified() {
  const path = join(mkdtempSync(join(tmpdir(), 'anywire-notify-')), 'socket')
  const child: ChildProcessWithoutNullStreams = spawn('python3', ['-c', listener, path])
  onTestFinished(() => void child.kill('SIGKILL'))
  const told: string[] = []
  createInterface({ input: child.stdout }).on('line', (line) => told.push(line))
  await expect.poll(() => told).toEqual(['bound'])
  return { env: { NOTIFY_SOCKET: path }, told }
}

const store = () => `disk:${mkdtempSync(join(tmpdir(), 'anywire-notified-'))}`

describe('a unit of Type=notify', () => {
  it.each([
    ['one process', () => []],
    ['workers', () => ['--workers', '2', '--store', store()]],
  ])('of %s is told once that it serves, and once that it leaves', async (_what, args) => {
    const { env, told } = await notified()
    const server = anywire(['serve', '--port', '0', ...args()], { env })
    const url = await server.listening()
    const states = () => told.filter((line) => /READY|STOPPING/.test(line))
    await expect.poll(states).toEqual([`READY=1 STATUS=listening on ${url}`])
    expect((await server.stop('SIGTERM')).errors).toBe('')
    await expect.poll(states).toEqual([expect.any(String), 'STOPPING=1 STATUS=leaving'])
  })

  it('serves also where systemd-notify is missing, and says so', async () => {
    const server = anywire(['serve', '--port', '0'], { env: { NOTIFY_SOCKET: '/nowhere', PATH: '/nowhere' } })
    await server.until(({ errors }) => errors.includes('systemd does not know READY=1'))
    expect((await fetch(`${await server.listening()}/channels/a`)).status).toBe(200)
  })
})

describe('anywire health', () => {
  it('says that a server is alive, also one that is not ready, and exits with 1 where none is', async () => {
    const server = anywire(['serve', '--port', '0', '--admin', '127.0.0.1:0', '--drain-lame-ms', '60000'])
    await server.until(({ lines }) => lines.length >= 2)
    const admin = /http:\/\/(\S+)/.exec(server.lines[1] ?? '')?.[1] ?? ''
    expect(await anywire(['health', '--admin', admin]).exited).toMatchObject({ code: 0, lines: ['alive'] })
    expect(await anywire(['health', '--ready', '--admin', admin]).exited).toMatchObject({ code: 0, lines: ['ready'] })
    server.child.kill('SIGTERM')
    const url = `http://${admin}/readyz`
    await expect.poll(async () => (await fetch(url)).status).toBe(503)
    const ready = await anywire(['health', '--ready', '--admin', admin]).exited
    expect(ready).toMatchObject({ code: 1, errors: `error: ${url} says 503: draining\n` })
    await server.stop('SIGKILL')
    const gone = await anywire(['health', '--admin', admin]).exited
    expect(gone).toMatchObject({ code: 1, errors: `error: No answer from http://${admin}/healthz.\n` })
  })
})
