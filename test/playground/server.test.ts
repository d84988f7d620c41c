/** The playground's server: what its rules take and refuse, and how it cuts a network. */
import { createHash } from 'node:crypto'
import { beforeEach, describe, expect, it } from 'vitest'
import type { Clock, Goal } from '../../playground/server/league.js'
import { ask } from '../support/clients/request.js'
import { startPlayground } from './tab.js'

const json = { 'content-type': 'application/json' }
const token = '00000000-0000-4000-8000-000000000000'
const visitor = {
  headers: { cookie: `visitor=${token}` },
  id: createHash('sha256').update(token).digest('base64url').slice(0, 12),
}

describe("the playground's server", () => {
  let origin: string
  beforeEach(async () => {
    origin = await startPlayground()
  })

  const publish = (channel: string, data: unknown) =>
    fetch(`${origin}/channels/${channel}`, { method: 'POST', headers: json, body: JSON.stringify(data) })
  const read = async (channel: string, query: string) =>
    (await fetch(`${origin}/channels/${channel}?${query}`)).json() as Promise<unknown[]>

  it('publishes five figures a second, the newest of each in a snapshot', async () => {
    const first = (await read('system/figures', 'live=poll')) as { figure: string; number: number }[]
    expect(first.map(({ figure }) => figure)).toEqual(['cpu', 'memory', 'load', 'network', 'process'])
    expect(await read('system/figures', 'offset=snapshot')).toHaveLength(5)
    expect((await publish('system/figures', {})).status).toBe(403)
  })

  it('takes what is said in its rooms, cut to what a message is, and refuses the rest', async () => {
    const said = { id: '1', from: 'somebody', name: 'Ann', text: ' <b>Hello</b> ', admin: true }
    expect((await publish('chat/lobby', said)).status).toBe(204)
    const stored = { id: '1', from: 'guest', name: 'Ann', text: '<b>Hello</b>', at: expect.any(Number) }
    expect(await read('chat/lobby', 'offset=-1')).toEqual([stored])
    expect((await publish('chat/lobby', { ...said, text: ' ' })).status).toBe(422)
    expect((await publish('chat/cellar', said)).status).toBe(403)
    expect((await publish('people/lobby', null)).status).toBe(403)
  })

  it('has 500 instruments, a past for each of them, and a market that can be stopped', async () => {
    const prices = (await read('ticker/prices', 'offset=snapshot')) as { symbol: string }[]
    expect(new Set(prices.map(({ symbol }) => symbol)).size).toBe(500)
    const candles = await read(`ticker/candles/${prices[0]!.symbol}`, 'offset=-1')
    expect(candles.length).toBeGreaterThanOrEqual(100)
    expect((await fetch(`${origin}/channels/ticker/candles/none`)).status).toBe(403)
    expect((await publish('ticker/market', { open: 'no' })).status).toBe(422)
    expect((await publish('ticker/market', { open: false })).status).toBe(204)
    const newest = await read('ticker/prices', 'offset=last-1')
    expect(await read('ticker/prices', 'offset=last-1')).toEqual(newest)
  })

  it('prints letters of its readers, at no desk but theirs', async () => {
    const letter = { title: ' Hello ', name: 'Ann', at: 1 }
    expect((await publish('news/city', letter)).status).toBe(403)
    expect((await publish('news/letters', { ...letter, title: 'x'.repeat(91) })).status).toBe(422)
    expect((await publish('news/letters', letter)).status).toBe(204)
    const stored = { title: 'Hello', text: '', place: 'Ann', at: expect.any(Number) }
    expect(await read('news/letters', 'offset=-1')).toEqual([stored])
    expect((await read('news/city', 'offset=-1')).length).toBeGreaterThan(5)
  })

  it('lets anybody call off a goal of a match under way, once', async () => {
    const [clock] = (await read('scores/clock', 'offset=last-1')) as Clock[]
    const goals = async () => (await read('scores/goals', 'offset=snapshot')) as Goal[]
    // One of today that the video referee has looked at for long enough: he will not take it back himself.
    const goal = (await goals()).find(
      ({ match, minute, disallowed }) =>
        match.startsWith(`${clock!.day}-`) && minute < clock!.minute - 5 && !disallowed,
    )!
    expect((await publish('scores/goals', goal)).status).toBe(403)
    const call = async (id: string) => (await publish('scores/calls', { goal: id })).status
    expect([await call(goal.id), await call(goal.id), await call('g1')]).toEqual([204, 422, 422])
    expect(await goals()).toContainEqual({ ...goal, disallowed: expect.any(String) })
  })

  it('takes posts of their author only, and likes of what there is', async () => {
    const post = { id: '1', name: 'Ann', text: 'Hello', author: 'somebody' }
    expect((await publish('feed/posts/ilse-tern', post)).status).toBe(403)
    expect((await publish('feed/posts/guest', { ...post, text: 'x'.repeat(281) })).status).toBe(422)
    expect((await publish('feed/posts/guest', post)).status).toBe(204)
    expect(await read('feed/posts/guest', 'offset=-1')).toEqual([{ ...post, author: 'guest', at: expect.any(Number) }])
    expect(await read('feed/authors', 'offset=snapshot')).toContainEqual(
      expect.objectContaining({ id: 'guest', name: 'Ann', posts: 1 }),
    )
    const like = async (post: string, on: boolean) => (await publish('feed/likes', { post, on })).status
    expect([await like('1', true), await like('1', true), await like('2', true)]).toEqual([204, 204, 422])
    const likes = async () => (await read('feed/likes', 'offset=snapshot')).find((one) => Object(one).post === '1')
    expect(await likes()).toEqual({ post: '1', by: ['guest'] })
    await like('1', false)
    expect(await likes()).toEqual({ post: '1', by: [] })
  })

  it('cuts the network of one visitor, and of nobody else', async () => {
    const set = (word: string) => fetch(`${origin}/network`, { method: 'PUT', headers: visitor.headers, body: word })
    const poll = (headers: Record<string, string>, channel = 'system/figures') =>
      fetch(`${origin}/channels/${channel}?live=poll`, { headers })
    const waiting = poll(visitor.headers)
    expect(await (await poll({})).text()).toContain('cpu')
    await waiting
    // Nobody says anything there: it waits until it is cut, or comes too late.
    const [broken] = await Promise.allSettled([poll(visitor.headers, 'chat/kitchen'), set('cut')])
    expect(broken.status).toBe('rejected')
    await expect(poll(visitor.headers)).rejects.toThrow()
    expect((await poll({})).status).toBe(200)
    expect(await (await set('open')).text()).toBe('open')
    expect((await poll(visitor.headers)).status).toBe(200)
  })

  it('lets a visitor of the laboratory set their own load and line, to what is offered', async () => {
    const set = (id: string, headers: Record<string, string>, wish: unknown) =>
      fetch(`${origin}/channels/laboratory/settings/${id}`, {
        method: 'POST',
        headers: { ...json, ...headers },
        body: JSON.stringify(wish),
      })
    const lab = (headers: Record<string, string>) => fetch(`${origin}/lab/test/channels/system/figures`, { headers })
    const { id } = visitor
    expect((await lab({})).status).toBe(503)
    expect(await (await lab(visitor.headers)).json()).toEqual(expect.any(Array))
    expect((await set(id, visitor.headers, { rate: 50, size: 10_000, webSockets: 'refuse' })).status).toBe(204)
    expect(await read(`laboratory/settings/${id}`, 'offset=-1')).toMatchObject([{ rate: 50, webSockets: 'refuse' }])
    expect((await set(id, visitor.headers, { rate: 1_000_000 })).status).toBe(422)
    expect((await set(id, {}, {})).status).toBe(403)
    expect((await set('guest', {}, {})).status).toBe(403)
    await read(`laboratory/load/${id}/1`, 'live=poll')
    const figures = (await read(`laboratory/figures/${id}`, 'live=poll')) as { bytes: Record<string, number> }[]
    expect(figures[0]?.bytes.test).toBeGreaterThan(100)
    expect(await read('$stats', 'live=poll')).toMatchObject([{ subscriptions: expect.any(Number) }])
  })

  it('names a visitor by a cookie that no page reads, and shows others only what is made of it', async () => {
    const greeting = await fetch(origin)
    const [token, me] = greeting.headers.getSetCookie()
    expect(token).toMatch(/^visitor=[\w-]{36}; HttpOnly; Path=\/; SameSite=Strict/)
    expect(me).toMatch(/^me=[\w-]{12}; Path=\/; SameSite=Strict/)
    const [cookie, id] = [token, me].map((header) => header?.split(';')[0])
    const said = JSON.stringify({ id: '1', name: 'Ann', text: 'Hello' })
    const headers = { ...json, cookie: cookie ?? '' }
    await fetch(`${origin}/channels/chat/lobby`, { method: 'POST', headers, body: said })
    expect(await read('chat/lobby', 'offset=-1')).toMatchObject([{ from: id?.slice('me='.length) }])
    expect((await fetch(origin, { headers })).headers.getSetCookie()).toEqual([])
  })

  it('answers to no name but its own', async () => {
    const { status } = await ask(`${origin}/channels/system/figures`, { headers: { host: 'evil.example' } })
    expect(status).toBe(421)
  })

  it('sends its pages compressed to who takes that, and plain to others', async () => {
    const plain = await fetch(origin, { headers: { 'accept-encoding': 'identity' } })
    expect(plain.headers.get('content-encoding')).toBe(null)
    expect(await plain.text()).toContain('<div id="root">')
    expect((await fetch(origin)).headers.get('content-encoding')).toBe('gzip')
  })
})
