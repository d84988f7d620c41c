/** A message that is published in the turn in which a request's time is up: every form hands it over, or keeps its position before it. */
import { describe, expect, it } from 'vitest'
import { memory } from '../../src/index.js'
import { readEvents } from '../../src/testing/index.js'
import { justBeforeTimeUp } from '../support/busy.js'
import { type Answer, ask, post } from '../support/clients/request.js'
import { UnreliableStore } from '../support/core/unreliable-store.js'
import { type HubServer, serveHub } from '../support/hub-server.js'

const lifeMs = 500

/** A hub with one message, and where its log ends. */
async function room(): Promise<HubServer & { head: string }> {
  const server = await serveHub({ limits: { pollMs: lifeMs, durableSseMs: lifeMs } })
  const { offset } = await server.hub.publish('a', 0)
  return { ...server, head: offset }
}

/** Asks, and publishes when the answer's time is up. */
async function publishedLate({ hub }: HubServer, request: () => Promise<Answer>): Promise<Answer> {
  const published = justBeforeTimeUp(hub, lifeMs, () => void hub.publish('a', 1))
  const answer = await request()
  await published
  return answer
}

/** What one gets who goes on from where an answer ended. */
async function rest({ url }: HubServer, answer: Answer): Promise<unknown> {
  return (await ask(url(`a?offset=${answer.headers['stream-next-offset']}`))).json()
}

describe('promise 3: a message published in the turn in which the time is up', () => {
  it('is in the answer of a long poll, or after its position', async () => {
    const world = await room()
    const answer = await publishedLate(world, () => ask(world.url(`a?live=long-poll&offset=${world.head}`)))
    const got = answer.status === 200 ? (answer.json() as unknown[]) : []
    expect([...got, ...((await rest(world, answer)) as unknown[])]).toEqual([1])
  })

  it('is in the answer of a plain poll', async () => {
    const world = await room()
    const answer = await publishedLate(world, () => ask(world.url('a?live=poll')))
    expect([answer.status, answer.text]).toEqual([200, '[1]'])
  })

  it('is in a batch, or after the position that it tells', async () => {
    const world = await room()
    const answer = await publishedLate(world, () =>
      post(world.url(), { subscribe: [{ channel: 'a', offset: world.head }] }),
    )
    const frames = answer.json<{ type: string; messages?: { data: unknown }[] }[]>()
    const got = frames.flatMap(({ messages = [] }) => messages.map(({ data }) => data))
    expect(frames[0]).toMatchObject({ type: 'subscribed', offset: world.head })
    expect([[], [1]]).toContainEqual(got)
  })

  it('is in durable SSE, or after its last control event', async () => {
    const world = await room()
    const answer = await publishedLate(world, () => ask(world.url(`a?live=sse&offset=${world.head}`)))
    const { events } = readEvents(answer.bytes)
    const got = events.filter(({ event }) => event === 'data').flatMap(({ data }) => JSON.parse(data) as unknown[])
    const control = JSON.parse(events.at(-1)!.data) as { streamNextOffset: string }
    const after = (await ask(world.url(`a?offset=${control.streamNextOffset}`))).json<unknown[]>()
    expect([...got, ...after]).toEqual([1])
  })
})

/** A hub whose store can be held up, and one reader who has fallen out of the window when its time is up. */
async function behindTheWindow(below: (head: string) => string) {
  const store = new UnreliableStore(memory())
  const world = await serveHub({ store, limits: { pollMs: lifeMs, windowMessages: 1 } })
  const { offset: head } = await world.hub.publish('a', 0)
  const answer = ask(world.url(below(head)))
  await expect.poll(() => world.hub.stats().subscriptions).toBe(1)
  store.holdReads()
  await world.hub.publishBatch('a', [{ data: 1 }, { data: 2 }, { data: 3 }])
  await expect.poll(() => store.reading).toBe(1)
  return { ...world, store, head, answer }
}

describe('a reader that waits for the store when its time is up', () => {
  it('is told its own position by a long poll, and not that it is the head', async () => {
    const { answer, head, store } = await behindTheWindow((at) => `a?live=long-poll&offset=${at}`)
    const { status, headers } = await answer
    store.releaseReads()
    expect(status).toBe(204)
    expect(headers).toMatchObject({ 'stream-next-offset': head, 'cache-control': 'no-store' })
    expect(headers['stream-up-to-date']).toBeUndefined()
  })

  it('is answered by a plain poll when the store has answered', async () => {
    const { answer, hub, store } = await behindTheWindow(() => 'a?live=poll')
    setTimeout(() => store.releaseReads(), lifeMs * 2)
    expect((await answer).text).toBe('[1,2,3]')
    expect(hub.stats().connections).toBe(0)
  })

  it('is told by a plain poll that the store is down, if it does not answer for long', async () => {
    const store = new UnreliableStore(memory())
    const world = await serveHub({
      store,
      onError: () => undefined,
      limits: { pollMs: 500, windowMessages: 1, storeMs: 300 },
    })
    const answer = ask(world.url('a?live=poll'))
    await expect.poll(() => world.hub.stats().subscriptions).toBe(1)
    store.holdReads()
    await world.hub.publishBatch('a', [{ data: 1 }, { data: 2 }, { data: 3 }])
    expect((await answer).code).toBe('store-down')
  })

  it('is told by a plain poll that messages are missing, if the log no longer holds them', async () => {
    const world = await serveHub({ rules: { a: { retain: { messages: 2 } } }, limits: { windowMessages: 1 } })
    const answer = ask(world.url('a?live=poll'))
    await expect.poll(() => world.hub.stats().subscriptions).toBe(1)
    await world.hub.publishBatch('a', [{ data: 1 }, { data: 2 }, { data: 3 }])
    expect(await answer).toMatchObject({ status: 410, code: 'gap' })
  })
})
