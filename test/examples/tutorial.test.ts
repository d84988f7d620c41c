/** The tutorial servers, as the clients of tutorials see them. */
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { promisify } from 'node:util'
import { afterEach, describe, expect, it, vi } from 'vitest'
import WebSocket from 'ws'
import { freePort } from '../support/free-port.js'
import { startTutorial } from '../support/tutorial.js'

const origin = 'http://localhost:5500'
const open: { destroy(): unknown }[] = []
afterEach(() => {
  for (const one of open.splice(0)) one.destroy()
})

async function tutorial() {
  const program = startTutorial()
  return { program, url: await program.listening() }
}

/** Asks as a page of another origin would, or as curl. */
function ask(url: string, headers: Record<string, string> = {}): Promise<IncomingMessage> {
  return new Promise((done, fail) => {
    const request = get(url, { headers, agent: false }, done).on('error', fail)
    open.push(request)
  })
}

/** Reads a response until its text fits. */
async function textUntil(response: IncomingMessage, fits: RegExp): Promise<string> {
  let text = ''
  for await (const bytes of response) {
    text += bytes
    if (fits.test(text)) return text
  }
  return text
}

async function client(url: string, headers: Record<string, string> = {}) {
  const socket = new WebSocket(url.replace('http', 'ws'), { headers })
  const received: string[] = []
  socket.on('message', (data, binary) => received.push(binary ? 'binary' : String(data)))
  open.push({ destroy: () => socket.terminate() })
  await once(socket, 'open')
  return { socket, received }
}

describe('the WebSocket at /', () => {
  it('sends what a client says to every client, the sender too, and logs who comes and goes', async () => {
    const { program, url } = await tutorial()
    const [ann, bob] = [await client(url), await client(url, { origin })]
    ann.socket.send('Hello')
    bob.socket.send('{"not": "touched"}')
    await vi.waitFor(() => expect([ann.received.length, bob.received.length]).toEqual([2, 2]), 30_000)
    expect(ann.received).toEqual(bob.received)
    expect([...ann.received].sort()).toEqual(['Hello', '{"not": "touched"}'])
    ann.socket.close()
    await program.until(({ lines }) => lines.includes('client 1 disconnected'))
    const clients = program.lines.filter((line) => /^client . connected/.test(line))
    expect(clients).toEqual(['client 1 connected', 'client 2 connected'])
  })

  it('takes a page that was opened as a file', async () => {
    const { url } = await tutorial()
    const { socket, received } = await client(url, { origin: 'null' })
    socket.send('Hello')
    await vi.waitFor(() => expect(received).toEqual(['Hello']), 30_000)
  })
})

describe('the event streams', () => {
  it.each(['/sse', '/sse/'])(
    '%s sends a JSON message every second to a page of another origin, with its cookies',
    async (path) => {
      const { url } = await tutorial()
      const response = await ask(url + path, { origin, accept: 'text/event-stream', cookie: 'a=b' })
      expect(response.headers).toMatchObject({
        'content-type': 'text/event-stream',
        'access-control-allow-origin': origin,
        'access-control-allow-credentials': 'true',
      })
      const text = await textUntil(response, /data: .*\n(.*\n)*data: .*\n/)
      expect([...text.matchAll(/^data: (.*)$/gm)].map(([, data]) => JSON.parse(data!))).toEqual([
        { message: expect.any(String) },
        { message: expect.any(String) },
      ])
    },
  )

  it('/sse streams to a client that names no type', async () => {
    const { url } = await tutorial()
    expect(await textUntil(await ask(`${url}/sse`, { accept: '*/*' }), /data: .*\n/)).toMatch(
      /^data: {"message":".+"}$/m,
    )
  })

  it('/events says first that it is connected, then the time as plain text', async () => {
    const { url } = await tutorial()
    const response = await ask(`${url}/events`, { origin })
    expect(response.headers).toMatchObject({
      'content-type': 'text/event-stream',
      'access-control-allow-origin': origin,
    })
    const text = await textUntil(response, /data: \d.*\n\n/)
    expect(text).toMatch(/^event: connected\ndata: .*\n\ndata: \d+:\d\d:\d\d[^\n]*\n\n$/)
  })
})

describe('the long poll at /poll', () => {
  it('gives every waiting client the next message as one object, at least a second after the last', async () => {
    const { url } = await tutorial()
    const times: number[] = []
    const seen: string[] = []
    for (let round = 0; round < 2; round++) {
      const answers = await Promise.all([0, 1, 2].map(() => ask(`${url}/poll`, { origin })))
      const bodies = await Promise.all(answers.map((answer) => textUntil(answer, /}$/)))
      expect(new Set(bodies).size).toBe(1)
      expect(answers[0]!.headers).toMatchObject({
        'content-type': 'application/json',
        'access-control-allow-origin': origin,
      })
      seen.push(JSON.parse(bodies[0]!).message)
      times.push(performance.now())
    }
    expect(new Set(seen).size).toBe(2)
    expect(times[1]! - times[0]!).toBeGreaterThan(1000)
  })
})

describe('the page on the next port', () => {
  it('is pushed with its stylesheet over TLS', async () => {
    const { program } = await tutorial()
    await program.until(({ lines }) => lines.length === 2)
    const url = program.lines[1]!.replace('listening on ', '')
    const { stdout } = await promisify(execFile)('nghttp', ['-v', `${url}/`])
    expect(stdout).toMatch(/:path: \/style\.css\n(.*\n)*.*recv PUSH_PROMISE frame/)
    expect(stdout).toContain('<link rel="stylesheet" href="/style.css" />')
    expect(stdout).toContain('color: green;')
  })

  it('has the port after that of the others', async () => {
    const port = await freePort(2)
    const program = startTutorial(port)
    await program.until(({ lines }) => lines.length === 2)
    expect(program.lines).toEqual([
      `listening on http://127.0.0.1:${port}`,
      `listening on https://127.0.0.1:${port + 1}`,
    ])
  })
})

describe('the tutorial servers', () => {
  it('end at SIGTERM with everybody connected', async () => {
    const { program, url } = await tutorial()
    await client(url)
    await Promise.all([ask(`${url}/sse`), ask(`${url}/events`)])
    expect(await program.stop('SIGTERM')).toMatchObject({ code: 0, errors: '' })
  })
})
