/** Clients that others have written read what is compressed: curl, python3-websockets, Node's fetch, @durable-streams/client and our own. */
import { execFile, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { stream as durableStream } from '@durable-streams/client'
import { describe, expect, it, onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { connect as connectClient } from '../../src/client/index.js'
import { Inbox } from '../support/clients/inbox.js'
import { connect } from '../support/clients/socket.js'
import { serveHub } from '../support/hub-server.js'
import { story } from './story.js'

const options = { compress: true }
const spelt = (count: number, first = 0) => story(count, first).map(({ data }) => data)

function run(command: string, args: readonly string[]): Inbox<string> {
  const child = spawn(command, args)
  const lines = new Inbox<string>()
  createInterface({ input: child.stdout })
    .on('line', (line) => lines.put(line))
    .on('close', () => lines.end(`${command} has ended.`))
  onTestFinished(() => void child.kill())
  return lines
}

describe.each(['--http1.1', '--http1.0'])('curl --compressed %s', (version) => {
  it('reads pages, and fewer bytes of them', async () => {
    const { hub, url } = await serveHub(options)
    await hub.publishBatch('news', story(100))
    const sizes = ['--silent', version, '-w', '\n%{size_download}', url('news')]
    const ask = async (...args: string[]) => (await promisify(execFile)('curl', args)).stdout.split('\n')
    const [small, plain] = [await ask('--compressed', ...sizes), await ask(...sizes)]
    expect(JSON.parse(small[0]!)).toEqual(spelt(100))
    expect(Number(small[1])).toBeLessThan(Number(plain[1]) / 4)
  })

  it('hears an event stream as it comes, to its end', async () => {
    const { hub, url } = await serveHub(options)
    const lines = run('curl', [
      '--silent',
      '--compressed',
      '-N',
      version,
      '-H',
      'Accept: text/event-stream',
      url('news'),
    ])
    await lines.take((line) => line.startsWith('id: '))
    for (let round = 0; round < 5; round++) {
      await hub.publishBatch('news', story(20, round * 20))
      for (const data of spelt(20, round * 20))
        expect(await lines.take((line) => line.startsWith('data: '))).toBe(`data: ${JSON.stringify(data)}`)
    }
  })

  it('ends without complaint where the stream does', async () => {
    const { hub, url } = await serveHub(options)
    await hub.publishBatch('news', story(50), { close: true })
    const args = ['--fail', '--silent', '--compressed', version, url('news?live=sse&offset=-1')]
    const { stdout } = await promisify(execFile)('curl', args)
    expect(stdout).toContain('"streamClosed":true')
  })
})

describe('python3-websockets', () => {
  const script = fileURLToPath(new URL('../support/clients/websocket-client.py', import.meta.url))

  it('reads compressed frames in the small window that it asks for, and small ones between', async () => {
    const { hub, socketUrl } = await serveHub(options)
    const lines = run('/usr/bin/python3', [script, socketUrl('news')])
    expect(await lines.take()).toBe('open')
    for (const data of [spelt(300), 'small', spelt(40)]) {
      await hub.publish('news', data)
      expect(JSON.parse(await lines.take())).toEqual(data)
    }
  })
})

describe('ws', () => {
  it('negotiates what lets frames be shared', async () => {
    const { socketUrl } = await serveHub(options)
    const socket = new WebSocket(socketUrl('news'))
    onTestFinished(() => socket.terminate())
    const said = await new Promise((resolve) => {
      socket.once('upgrade', ({ headers }) => resolve(headers['sec-websocket-extensions']))
    })
    expect(said).toBe('permessage-deflate; server_no_context_takeover; client_no_context_takeover')
  })

  it.each([
    ['asks for a window that would have to be compressed for it alone', { serverMaxWindowBits: 9 }, ''],
    ['asks for one of 12 bits', { serverMaxWindowBits: 12 }, 'permessage-deflate'],
    ['forbids nothing', true, 'permessage-deflate'],
  ])('is served with or without if it %s', async (_what, deflate, extensions) => {
    const { hub, socketUrl } = await serveHub(options)
    const socket = await connect(socketUrl('news'), { deflate })
    expect(socket.webSocket.extensions).toBe(extensions)
    await hub.publish('news', spelt(500))
    expect(JSON.parse(String(await socket.next()))).toEqual(spelt(500))
  })
})

describe("Node's fetch", () => {
  it('reads a stream as it comes', async () => {
    const { hub, url } = await serveHub(options)
    const leaving = new AbortController()
    const { body, headers } = await fetch(url('news'), {
      headers: { accept: 'text/event-stream' },
      signal: leaving.signal,
    })
    expect(headers.get('content-encoding')).toBe('gzip')
    let text = ''
    let round = 0
    await hub.publishBatch('news', story(20))
    for await (const chunk of body!.pipeThrough(new TextDecoderStream())) {
      text += chunk
      if (!text.includes(`"n":${round * 20 + 19},`)) continue
      if (++round === 5) break
      await hub.publishBatch('news', story(20, round * 20))
    }
    leaving.abort()
    await expect.poll(() => hub.stats().connections).toBe(0)
  })
})

describe('@durable-streams/client', () => {
  it.each([false, 'long-poll', 'sse'] as const)('reads JSON with live: %s', async (live) => {
    const { hub, url } = await serveHub(options)
    await hub.publishBatch('news', story(50))
    if (live === false) await hub.publishBatch('news', story(50, 50), { close: true })
    const response = await durableStream<unknown>({ url: url('news'), offset: '-1', live, warnOnHttp: false })
    const read: unknown[] = []
    for await (const message of response.jsonStream()) {
      read.push(message)
      if (live !== false && read.length === 50) await hub.publishBatch('news', story(50, 50), { close: true })
    }
    expect(read).toEqual(spelt(100))
  })
})

describe('anywire/client', () => {
  it.each(['websocket', 'stream', 'poll'] as const)('reads over %s', async (transport) => {
    const { hub, url } = await serveHub(options)
    await hub.publishBatch('news', story(50))
    const client = connectClient(url(), { transports: [transport] })
    onTestFinished(() => client.close())
    const read: unknown[] = []
    for await (const message of client.subscribe('news', { from: 'start' })) {
      if (message.kind === 'message') read.push(message.data)
      if (read.length === 50) await hub.publishBatch('news', story(50, 50))
      if (read.length === 100) break
    }
    expect(read).toEqual(spelt(100))
  })
})
