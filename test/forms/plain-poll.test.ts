/** Plain poll: `GET ?live=poll` waits for what comes next. PROTOCOL.md 3.6. */
import { describe, expect, it } from 'vitest'
import { type Answer, ask } from '../support/clients/request.js'
import { type HubServer, serveHub } from '../support/hub-server.js'

/** Polls, and answers once the server holds the request. */
async function polling({ hub, url }: HubServer, below: string): Promise<{ answer: Promise<Answer> }> {
  const { subscriptions } = hub.stats()
  const answer = ask(url(below))
  await expect.poll(() => hub.stats().subscriptions).toBeGreaterThan(subscriptions)
  return { answer }
}

describe('a plain poll', () => {
  it('waits for the next message, and answers a JSON array', async () => {
    const server = await serveHub()
    await server.hub.publish('n', 'before')
    const { answer } = await polling(server, 'n?live=poll')
    await server.hub.publish('n', { a: 1 })
    const { status, text, headers } = await answer
    expect([status, text]).toEqual([200, '[{"a":1}]'])
    expect(headers).toMatchObject({ 'content-type': 'application/json', 'cache-control': 'no-store' })
  })

  it('gives everyone who waits all that one publish holds', async () => {
    const server = await serveHub()
    const waiting = [await polling(server, 'n?live=poll'), await polling(server, 'n?live=poll')]
    await server.hub.publishBatch('n', [{ data: 1 }, { data: 2 }])
    for (const { answer } of waiting) expect((await answer).text).toBe('[1,2]')
  })

  it('answers 204 when the time is up', async () => {
    const { url } = await serveHub({ limits: { pollMs: 50 } })
    const { status, text, headers } = await ask(url('n?live=poll'))
    expect([status, text, headers['cache-control']]).toEqual([204, '', 'no-store'])
  })

  it('spells text as strings, and what is not UTF-8 as base64', async () => {
    const server = await serveHub({ rules: { t: { contentType: 'text/plain' } } })
    const { answer } = await polling(server, 't?live=poll')
    await server.hub.publishBatch('t', [{ data: 'a\n"€' }, { data: Uint8Array.of(255) }])
    expect((await answer).json()).toEqual(['a\n"€', { base64: '/w==' }])
  })

  it('spells bytes as base64 strings', async () => {
    const server = await serveHub({ rules: { b: { contentType: 'image/png' } } })
    const { answer } = await polling(server, 'b?live=poll')
    await server.hub.publish('b', Uint8Array.of(1, 2, 3))
    expect((await answer).json()).toEqual(['AQID'])
  })

  it('leaves tombstones out: one alone leaves it waiting', async () => {
    const server = await serveHub({ rules: { s: { keys: true } } })
    const { answer } = await polling(server, 's?live=poll')
    await server.hub.publishBatch('s', [{ key: 'a' }])
    await new Promise(setImmediate)
    await server.hub.publishBatch('s', [{ key: 'a' }, { data: 1, key: 'b' }])
    expect((await answer).text).toBe('[1]')
  })

  it('answers 204 at once where nothing can come any more', async () => {
    const { hub, url } = await serveHub()
    await hub.publish('n', 1, { close: true })
    expect((await ask(url('n?live=poll'))).status).toBe(204)
  })

  it('ends with 204 when the channel closes', async () => {
    const server = await serveHub()
    const { answer } = await polling(server, 'n?live=poll')
    await server.hub.publishBatch('n', [], { close: true })
    expect((await answer).status).toBe(204)
  })

  it('cannot have a gap: a channel deleted while it waits is the one that comes after it', async () => {
    const server = await serveHub()
    await server.hub.publish('n', 1)
    const { answer } = await polling(server, 'n?live=poll')
    await ask(server.url('n'), { method: 'DELETE' })
    await server.hub.publish('n', 2)
    const { status, text } = await answer
    expect([status, text]).toEqual([200, '[2]'])
  })
})
