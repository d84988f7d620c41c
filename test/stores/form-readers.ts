/** Readers that go on from where they stand, on every form, whatever becomes of their connection and their server. */
import { setTimeout as wait } from 'node:timers/promises'
import { createParser } from 'eventsource-parser'
import { onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { connect, type Transport } from '../../src/client/index.js'

/** What one has got, and what it was told that it lost. */
export class FormReader {
  readonly texts: string[] = []
  readonly gaps: string[] = []
  readonly name: string
  readonly #stop = new AbortController()

  constructor(name: string, read: (reader: FormReader, signal: AbortSignal) => Promise<void>) {
    this.name = name
    const { signal } = this.#stop
    const again = async () => {
      while (!signal.aborted) {
        await read(this, signal).catch(() => undefined)
        await wait(20)
      }
    }
    const ended = again()
    onTestFinished(async () => {
      this.#stop.abort()
      await ended
    })
  }

  /** What one publisher has said. */
  of(publisher: string): string[] {
    return this.texts.filter((text) => text.startsWith(`${publisher} `))
  }
}

/** One for each form, on the channel at `url`. */
export function onEveryForm(base: string, channel: string): FormReader[] {
  const url = `${base}/${channel}`
  const transports: readonly Transport[] = ['websocket', 'stream', 'poll']
  return [
    eventStream(url),
    longPoll(url),
    plainWebSocket(url.replace('http', 'ws')),
    ...transports.map((transport) => ours(base, channel, transport)),
  ]
}

function eventStream(url: string): FormReader {
  let id = ''
  return new FormReader('event stream', async (reader, signal) => {
    const headers = { accept: 'text/event-stream', ...(id !== '' && { 'last-event-id': id }) }
    const response = await fetch(`${url}?offset=-1`, { headers, signal })
    const parser = createParser({
      onEvent: ({ event = 'message', data, id: next }) => {
        if (event === 'gap') reader.gaps.push(data)
        if (event === 'message') reader.texts.push(JSON.parse(data) as string)
        if (next !== undefined) id = next
      },
    })
    const decoder = new TextDecoder()
    for await (const chunk of response.body ?? []) parser.feed(decoder.decode(chunk, { stream: true }))
  })
}

function longPoll(url: string): FormReader {
  let offset = '-1'
  return new FormReader('long poll', async (reader, signal) => {
    const response = await fetch(`${url}?live=long-poll&offset=${offset}`, { signal })
    if (response.status === 410) reader.gaps.push('410')
    if (!response.ok) return
    const texts = response.status === 200 ? ((await response.json()) as string[]) : []
    reader.texts.push(...texts)
    offset = response.headers.get('stream-next-offset') ?? offset
  })
}

/** Its messages have no positions: each connection begins at the start, and has to say the same. */
function plainWebSocket(url: string): FormReader {
  return new FormReader('plain WebSocket', async (reader, signal) => {
    const socket = new WebSocket(`${url}?offset=-1`)
    let count = 0
    await new Promise<void>((resolve) => {
      socket.on('message', (data) => {
        const text = JSON.parse(String(data)) as string
        if (count === reader.texts.length) reader.texts.push(text)
        else if (reader.texts[count] !== text) reader.gaps.push(`${text} instead of ${reader.texts[count]}`)
        count++
      })
      socket.on('error', () => undefined)
      socket.on('close', () => resolve())
      const stop = () => socket.terminate()
      signal.addEventListener('abort', stop, { once: true })
      socket.on('close', () => signal.removeEventListener('abort', stop))
    })
  })
}

function ours(base: string, channel: string, transport: Transport): FormReader {
  const client = connect(base, { transports: [transport] })
  return new FormReader(`our client, ${transport}`, async (reader, signal) => {
    signal.addEventListener('abort', () => client.close(), { once: true })
    for await (const item of client.subscribe(channel, { from: 'start' })) {
      if (item.kind === 'message') reader.texts.push(item.data as string)
      else if (item.kind === 'gap') reader.gaps.push(item.reason)
    }
  })
}
