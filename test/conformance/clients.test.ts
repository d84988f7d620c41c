/** Clients that others have written: @durable-streams/client, curl, python3-websockets and Node's fetch. */
import { type ChildProcessWithoutNullStreams, execFile, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { DurableStream, IdempotentProducer, stream } from '@durable-streams/client'
import { describe, expect, it, onTestFinished } from 'vitest'
import { Inbox } from '../support/clients/inbox.js'
import { serveHub } from '../support/hub-server.js'

/** A program and the lines it prints. */
function run(
  command: string,
  args: readonly string[],
): { child: ChildProcessWithoutNullStreams; lines: Inbox<string> } {
  const child = spawn(command, args)
  const lines = new Inbox<string>()
  createInterface({ input: child.stdout })
    .on('line', (line) => lines.put(line))
    .on('close', () => lines.end(`${command} has ended.`))
  onTestFinished(() => void child.kill())
  return { child, lines }
}

async function take(lines: Inbox<string>, count: number): Promise<string[]> {
  const taken: string[] = []
  while (taken.length < count) taken.push(await lines.take())
  return taken
}

describe('@durable-streams/client', () => {
  const options = { warnOnHttp: false } as const

  it.each([false, 'long-poll', 'sse'] as const)('reads JSON with live: %s to the end of the channel', async (live) => {
    const { hub, url } = await serveHub()
    await hub.publishBatch('news', [{ data: 1 }, { data: [2] }])
    if (live === false) await hub.publish('news', 3, { close: true })
    const response = await stream<unknown>({ ...options, url: url('news'), offset: '-1', live })
    const read: unknown[] = []
    for await (const message of response.jsonStream()) {
      read.push(message)
      if (live !== false && read.length === 2) await hub.publish('news', 3, { close: true })
    }
    expect(read).toEqual([1, [2], 3])
    expect(response.streamClosed).toBe(true)
  })

  it.each([false, 'long-poll', 'sse'] as const)('reads text with live: %s to the end of the channel', async (live) => {
    const { hub, url } = await serveHub({ rules: { log: { contentType: 'text/plain' } } })
    await hub.publish('log', ' Grüße 👋\n')
    if (live === false) await hub.publish('log', 'last', { close: true })
    const response = await stream({ ...options, url: url('log'), offset: '-1', live })
    let read = ''
    for await (const text of response.textStream()) {
      read += text
      if (live !== false && read.endsWith('\n')) await hub.publish('log', 'last', { close: true })
    }
    expect(read).toBe(' Grüße 👋\nlast')
  })

  it.each(['long-poll', 'sse'] as const)('promise 2: goes on with live: %s from the offset it had', async (live) => {
    const { hub, url } = await serveHub()
    await hub.publish('news', 1)
    const first = await stream<number>({ ...options, url: url('news'), offset: '-1', live: false })
    expect(await first.json()).toEqual([1])
    await hub.publish('news', 2)
    await hub.publish('news', 3, { close: true })
    const second = await stream<number>({ ...options, url: url('news'), offset: first.offset, live })
    expect(await second.json()).toEqual([2, 3])
  })

  it('creates, appends, closes and deletes', async () => {
    const { url } = await serveHub()
    const handle = await DurableStream.create({ ...options, url: url('a'), contentType: 'application/json' })
    await handle.append('{"n":1}')
    await handle.close({ body: '{"n":2}' })
    expect(await (await handle.stream({ live: false })).json()).toEqual([{ n: 1 }, { n: 2 }])
    expect(await handle.head()).toMatchObject({ exists: true, streamClosed: true })
    await handle.delete()
    expect(await (await fetch(url('a'))).json()).toEqual([])
  })

  it('stores each message of its producer once, in order', async () => {
    const { url } = await serveHub()
    const handle = await DurableStream.create({ ...options, url: url('a'), contentType: 'application/json' })
    const producer = new IdempotentProducer(handle, 'p', { autoClaim: true, maxBatchBytes: 64 })
    for (let n = 0; n < 100; n++) producer.append(String(n))
    await producer.flush()
    await producer.close()
    expect(await (await fetch(url('a'))).json()).toEqual(Array.from({ length: 100 }, (_, n) => n))
  })
})

describe.each(['--http1.1', '--http1.0'])('curl %s', (version) => {
  const curl = async (...args: string[]) =>
    (await promisify(execFile)('curl', ['--silent', '--max-time', '20', version, ...args])).stdout

  it('publishes with -d and reads what has been said', async () => {
    const { url } = await serveHub()
    await curl('-d', '{"title":"Hello"}', url('news'))
    expect(await curl(url('news'))).toBe('[{"title":"Hello"}]')
  })

  it('hears an event stream as it comes', async () => {
    const { hub, url } = await serveHub()
    const { lines } = run('curl', ['--silent', '-N', version, '-H', 'Accept: text/event-stream', url('news')])
    expect(await lines.take((line) => line.startsWith('id: '))).toMatch(/^id: \d{16}_\d{16}$/)
    const { offset } = await hub.publish('news', 'now')
    expect(await lines.take((line) => line.startsWith('data: '))).toBe('data: "now"')
    expect(await lines.take((line) => line.startsWith('id: '))).toBe(`id: ${offset}`)
  })

  it.each(['poll', 'long-poll'])('waits with live=%s', async (live) => {
    const { hub, url } = await serveHub()
    const answer = curl(`${url('news')}?live=${live}&offset=now`)
    await expect.poll(() => hub.stats().connections).toBe(1)
    await hub.publish('news', 1)
    expect(await answer).toBe('[1]')
  })

  it('is told that nothing has changed', async () => {
    const { hub, url } = await serveHub()
    await hub.publish('news', 1)
    const etag = /^etag: (.*)\r$/im.exec(await curl('-i', url('news')))![1]!
    const status = ['-o', '/dev/null', '-w', '%{http_code}', '-H', `If-None-Match: ${etag}`]
    expect(await curl(...status, url('news'))).toBe('304')
    await hub.publish('news', 2)
    expect(await curl(...status, url('news'))).toBe('200')
  })

  it('posts a body that it announces with Expect: 100-continue', async () => {
    const { url } = await serveHub()
    await curl('-H', 'Expect: 100-continue', '-H', 'Content-Type: application/json', '-d', '1', url('news'))
    expect(await curl(url('news'))).toBe('[1]')
  })
})

describe('python3-websockets', () => {
  const script = fileURLToPath(new URL('../support/clients/websocket-client.py', import.meta.url))
  const python = (...args: string[]) => run('/usr/bin/python3', [script, ...args])

  it('reads and publishes messages, and is told of the end', async () => {
    const { hub, socketUrl } = await serveHub()
    const { child, lines } = python(socketUrl('news'))
    expect(await lines.take()).toBe('open')
    child.stdin.write('{"from":"python"}\n')
    expect(await lines.take()).toBe('{"from":"python"}')
    await hub.publish('news', 'last', { close: true })
    expect(await take(lines, 2)).toEqual(['"last"', expect.stringMatching(/^closed 1000/)])
  })

  it('reads bytes', async () => {
    const { hub, socketUrl } = await serveHub({ rules: { raw: { contentType: 'application/octet-stream' } } })
    const { lines } = python(socketUrl('raw'))
    await lines.take()
    await hub.publish('raw', Uint8Array.of(0, 255))
    expect(await lines.take()).toBe('bytes 00ff')
  })

  it('speaks anywire.v1', async () => {
    const { socketUrl } = await serveHub()
    const { child, lines } = python(socketUrl(), 'anywire.v1')
    expect(await lines.take()).toBe('open anywire.v1')
    const say = (frame: object) => child.stdin.write(`${JSON.stringify(frame)}\n`)
    const frame = async (type: string) => JSON.parse(await lines.take((line) => JSON.parse(line).type === type))
    expect(await frame('welcome')).toMatchObject({ version: 1 })
    say({ type: 'subscribe', subscriptions: [{ channel: 'news' }] })
    await frame('subscribed')
    say({ type: 'publish', id: 'one', channel: 'news', data: { n: 1 } })
    const { offset } = await frame('published')
    expect(await frame('messages')).toMatchObject({ channel: 'news', messages: [{ offset, data: { n: 1 } }] })
  })
})

describe("Node's fetch", () => {
  it('reads an event stream, and leaves nothing behind when it goes', async () => {
    const { hub, url } = await serveHub()
    const leaving = new AbortController()
    const headers = { accept: 'text/event-stream' }
    const { body } = await fetch(url('news'), { headers, signal: leaving.signal })
    await hub.publish('news', 1)
    let text = ''
    for await (const chunk of body!.pipeThrough(new TextDecoderStream())) {
      text += chunk
      if (text.includes('data: 1\n')) break
    }
    leaving.abort()
    await expect.poll(() => hub.stats().connections).toBe(0)
  })

  it('reads page by page to the head', async () => {
    const { hub, url } = await serveHub({ limits: { pageMessages: 40 } })
    await hub.publishBatch(
      'news',
      Array.from({ length: 100 }, (_, n) => ({ data: n })),
    )
    const read: unknown[] = []
    for (let offset = '-1', upToDate = false; !upToDate; ) {
      const response = await fetch(`${url('news')}?offset=${offset}`)
      read.push(...((await response.json()) as unknown[]))
      offset = response.headers.get('stream-next-offset')!
      upToDate = response.headers.get('stream-up-to-date') === 'true'
    }
    expect(read).toEqual(Array.from({ length: 100 }, (_, n) => n))
  })
})
