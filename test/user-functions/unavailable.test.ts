/** A function that cannot say now throws `unavailable`: each form tells its client to come again, and when. PROTOCOL.md 7. */
import { describe, expect, it } from 'vitest'
import { AnywireError, type HubOptions } from '../../src/index.js'
import { ask, post } from '../support/clients/request.js'
import { serveHub } from '../support/hub-server.js'
import { ownTime } from '../support/own-time.js'
import { creating, type Form, publishing, reading } from './forms.js'

const busy = (): never => {
  throw new AnywireError('unavailable', 'The database is away.', { details: { retryMs: 5_000 } })
}
const functions: Readonly<Record<string, readonly [HubOptions['rules'], Readonly<Record<string, Form>>]>> = {
  receive: [{ bad: { receive: busy } }, { ...publishing, 'PUT with a message': creating['PUT with a message']! }],
  publish: [{ bad: { publish: busy } }, { ...publishing, ...creating }],
  subscribe: [{ bad: { subscribe: busy } }, { ...reading }],
}
const tables = Object.entries(functions).flatMap(([name, [rules, forms]]) =>
  Object.keys(forms).flatMap((form) =>
    form === 'HEAD' || (name === 'subscribe' && form === 'a plain WebSocket')
      ? []
      : [[name, form, rules, forms[form]!] as const],
  ),
)

describe('a function that says `unavailable`', () => {
  it.each(tables)('%s: is told as that over %s, and to nobody else', async (_name, _form, rules, form) => {
    const heard: AnywireError[] = []
    const server = await serveHub({ rules: { bad: rules!.bad! }, onError: (error) => heard.push(error) })
    expect(await form(server, 'bad')).toBe('unavailable')
    expect(heard).toEqual([])
  })

  it('says when to come again', async () => {
    const { url } = await serveHub({ rules: { bad: { receive: busy, subscribe: busy } } })
    for (const answer of [await post(url('bad'), 1), await ask(url('bad'))]) {
      expect([answer.status, answer.headers['retry-after']]).toEqual([503, '5'])
    }
    const [frame] = (await post(url(), { publish: [{ channel: 'bad', id: 1, data: 1 }] })).json<object[]>()
    expect(frame).toMatchObject({ code: 'unavailable', retryMs: 5_000 })
  })
})

describe('a batch of many publishes', () => {
  it('is answered though each is slow: those whose turn does not come are to come again', async () => {
    const receive = () => new Promise((resolve) => setTimeout(resolve, 40))
    const { url } = await serveHub({ rules: { n: { receive } }, limits: { functionMs: 1_000 } })
    const publish = Array.from({ length: 100 }, (_, id) => ({ channel: 'n', id, data: id }))
    const sinceMs = ownTime()
    const frames = (await post(url(), { publish })).json<{ type: string; code?: string }[]>()
    // All of them would take four seconds.
    expect(sinceMs()).toBeLessThan(3_500)
    const stored = frames.filter(({ type }) => type === 'published').length
    expect(stored).toBeGreaterThan(0)
    expect(frames.slice(stored).map(({ code }) => code)).toEqual(Array(100 - stored).fill('unavailable'))
    expect((await ask(url('n'))).json()).toEqual(publish.slice(0, stored).map(({ data }) => data))
  })
})
