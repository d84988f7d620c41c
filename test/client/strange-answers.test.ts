/** Whatever answers in the place of the hub for a while: the client goes on when the hub is back, asks within reason, and is ended by the hub alone. */
import { describe, expect, it, onTestFinished } from 'vitest'
import { connect, type Item, type Transport } from '../../src/client/index.js'
import { type Frames, type Strange, serveStrange, strangeAnswers, strangeSockets } from './strange-answers.js'

const times = { headStartMs: 50, proofMs: 1_000, answerMs: 1_000, pollMs: 500, refusedMs: 50 }
const sickMs = 400

/** Answers what the reader has had, and how often a stranger was asked. */
async function story(transports: readonly Transport[], http: Strange, socket?: Frames) {
  const server = await serveStrange()
  const { hub, url } = server
  const client = connect(url, { transports, times })
  onTestFinished(() => client.close())
  const heard: unknown[] = []
  const hear = (item: Item) => heard.push(item.kind === 'message' ? item.data : item)
  const reading = client.subscribe('n', { from: 'now' }, hear)
  reading.closed.catch((error) => heard.push(error.code))
  await reading.opened
  await hub.publish('n', 1)
  server.sicken(http, socket)
  const mine = client.publish('n', 'mine')
  await new Promise((resolve) => setTimeout(resolve, sickMs))
  const { answered } = server
  server.recover()
  await hub.publish('n', 2)
  await within(60_000, 'the publish', mine)
  await client.publish('n', 'last')
  await expect.poll(() => heard.at(-1)).toBe('last')
  return { heard, answered, stored: await kept(hub) }
}

async function within(ms: number, what: string, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} is not over after ${ms} ms`)), ms)
  })
  await Promise.race([work, late]).finally(() => clearTimeout(timer))
}

async function kept(hub: Awaited<ReturnType<typeof serveStrange>>['hub']) {
  const data: unknown[] = []
  for await (const item of hub.subscribe('n', { from: 'start' }))
    if (item.kind === 'message' && data.push(item.data) && item.data === 'last') break
  return data
}

const atOnce = 12
/** Stories in which `fetch` asks many times for one request of the client. */
const redirects = /^30\d to (?:a page|itself)$/

/** Tells each story, and what went wrong in which. */
async function tellAll(stories: Readonly<Record<string, () => ReturnType<typeof story>>>): Promise<string[]> {
  const wrong: string[] = []
  const rest = Object.entries(stories)
  const teller = async () => {
    for (let next = rest.shift(); next; next = rest.shift()) {
      const [name, tell] = next
      try {
        const { heard, answered, stored } = await tell()
        expect(heard).toEqual(stored)
        expect([...stored].sort()).toEqual([1, 2, 'last', 'mine'])
        // With three transports an attempt is three requests. Each that is redirected is followed up to 20 times.
        expect(answered).toBeLessThan(redirects.test(name) ? 1_000 : 200)
      } catch (thrown) {
        wrong.push(`${name}: ${thrown}`)
      }
    }
  }
  await Promise.all(Array.from({ length: atOnce }, teller))
  return wrong
}

describe('after strange answers the client has lost and doubled nothing, and asked within reason,', () => {
  it.each<[string, readonly Transport[]]>([
    ['websocket', ['websocket']],
    ['stream', ['stream']],
    ['poll', ['poll']],
    ['every transport', ['websocket', 'stream', 'poll']],
  ])('by %s', { timeout: 600_000 }, async (_, transports) => {
    const stories = Object.entries(strangeAnswers).map(([name, http]) => [name, () => story(transports, http)])
    expect(await tellAll(Object.fromEntries(stories))).toEqual([])
  })

  it('where strangers accept a WebSocket', { timeout: 600_000 }, async () => {
    const http = strangeAnswers['502 HTML']!
    const stories = Object.entries(strangeSockets).map(([name, socket]) => [
      name,
      () => story(['websocket'], http, socket),
    ])
    expect(await tellAll(Object.fromEntries(stories))).toEqual([])
  })
})

describe('what the hub itself says is final,', () => {
  it.each<Transport>(['stream', 'poll'])('by %s', async (transport) => {
    const server = await serveStrange()
    const client = connect(server.url, { transports: [transport], times })
    onTestFinished(() => client.close())
    const reading = client.subscribe('n')
    await reading.opened
    server.sicken((_, response) => {
      response.writeHead(403, { 'content-type': 'application/json' })
      response.end('{"anywire":1,"error":{"code":"forbidden","message":"Not you."}}')
    })
    await expect(reading.next()).rejects.toMatchObject({ code: 'forbidden', message: 'Not you.' })
    expect(client.state.value).toBe('closed')
  })
})
