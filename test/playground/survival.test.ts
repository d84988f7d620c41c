/** Promise 10: no request ends the playground's server, whatever its path, method, head and body, and however it is broken off. */
import { connect } from 'node:net'
import { beforeEach, describe, expect, it } from 'vitest'
import { Random } from '../hostile/random.js'
import { talk } from '../hostile/talk.js'
import { Program } from '../support/program.js'

const seed = Number(process.env.TEST_SEED ?? 2_026)
const token = '00000000-0000-4000-8000-000000000000'
const mine = [`Cookie: visitor=${token}`]
const upgrade = [
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
]

const odd = [
  '',
  '/',
  '//',
  '/constructor',
  '/__proto__',
  '/toString?x',
  '/hasOwnProperty',
  '/%',
  '/%00',
  '/..',
  '/../..',
  '/a b',
  '/?',
  '/#',
  '/\\',
  'http://a:b',
  'http://[',
  '*',
  '//[',
  '/assets/',
  '/index.html',
  '/index.html/',
  '/.js',
]
const mounts = [
  '/channels',
  '/channels/',
  '/channels/chat/lobby',
  '/channels/people/lobby',
  '/channels/feed/likes',
  '/channels/ticker/market',
  '/channels/ticker/candles/__proto__',
  '/channels/news/letters',
  '/channels/notify',
  '/channels/game/steering',
  '/channels/scores/calls',
  '/channels/$stats',
  '/network',
  '/network/x',
  '/yjs',
  '/yjs/',
  '/yjs/editor/x',
  '/yjs/whiteboard/lobby',
  '/yjs/..',
  '/lab',
  '/lab/',
  '/lab/x',
  '/lab/x/clock',
  '/lab/x/channels/chat/lobby',
  '/lab/../..',
  '/lab/x/yjs/editor/x',
  '/chat',
  '/whiteboard/x',
]
const methods = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'TRACE', 'CONNECT', 'PROPFIND']
const heads = [
  mine,
  upgrade,
  ['Upgrade: h2c', 'Connection: Upgrade'],
  ['Expect: 100-continue'],
  ['Expect: x'],
  ['Transfer-Encoding: chunked'],
  ['Content-Length: 100'],
  ['Content-Type: application/json'],
  ['Accept: text/event-stream'],
  ['Cookie: visitor=%;visitor;=;me'],
  ['Content-Encoding: gzip'],
  ['Last-Event-ID: \u0001'],
  ['Stream-Closed: true'],
]
const bodies = [
  '',
  'cut',
  'null',
  '{}',
  '[]',
  '[null,1,"x"]',
  '{"toString":1,"name":{"toString":1},"text":{"toString":1},"read":{"toString":1},"post":{"toString":1},"number":{"valueOf":1,"toString":1}}',
  '{"name":"a","heading":1e308,"fire":true,"number":1}',
  '{"goal":"__proto__"}',
  '{"open":1}',
  '{"afterMs":-0}',
  '{"afterMs":1e-9}',
  'zz\r\nzz\r\n',
  '-1\r\n\r\n',
  '5\r\nabc',
  '\u0000\u00ff',
  '['.repeat(20_000),
]

describe(`the playground's server (TEST_SEED=${seed})`, () => {
  let program: Program
  let port: number

  beforeEach(async () => {
    program = new Program('scripts/run.js', ['playground', '--port', '0'])
    port = Number(new URL(await program.listening()).port)
  })

  const headOf = (method: string, path: string, fields: readonly string[] = []) =>
    [`${method} ${path} HTTP/1.1`, `Host: 127.0.0.1:${port}`, ...fields, '', ''].join('\r\n')

  /** It answers, and has complained of nothing. */
  async function lives(): Promise<void> {
    const answer = await fetch(`http://127.0.0.1:${port}/`, { signal: AbortSignal.timeout(30_000) })
    expect(answer.status).toBe(200)
    expect(program.child.exitCode).toBeNull()
    expect(program.errors).toBe('')
  }

  /** Sends bytes, and ends the connection in one way or another. */
  function say(bytes: string, how: 'reset' | 'end' | 'late', lateMs: number): Promise<void> {
    return new Promise((resolve) => {
      const socket = connect({ port, host: '127.0.0.1' })
      socket.on('error', () => undefined)
      socket.on('close', () => resolve())
      socket.resume()
      socket.write(Buffer.from(bytes, 'latin1'), () => {
        if (how === 'reset') socket.resetAndDestroy()
        else if (how === 'end') socket.end()
        setTimeout(() => socket.resetAndDestroy(), lateMs)
      })
    })
  }

  it('outlives a GET and an upgrade of every odd path', async () => {
    for (const path of [...odd, ...mounts].filter((path) => path !== '')) {
      await say(headOf('GET', path), 'late', 30)
      await say(headOf('GET', path, [...mine, ...upgrade]), 'late', 30)
    }
    await lives()
  })

  it('answers 400 to what is no path, and its page to names that objects inherit', async () => {
    const status = async (path: string) => (await talk(port, Buffer.from(headOf('GET', path)))).status
    expect(await Promise.all(['http://a:b', '*'].map(status))).toEqual([400, 400])
    expect(await Promise.all(['/constructor', '/__proto__', '/toString?x', '//'].map(status))).toEqual([
      404, 404, 404, 200,
    ])
  })

  it('outlives a switch of the network that is broken off', async () => {
    await say(`${headOf('PUT', '/network', [...mine, 'Content-Length: 100'])}cut`, 'reset', 300)
    await lives()
  })

  it('goes on after chunks without a size on the line of a visitor', async () => {
    const head = headOf('GET', '/lab/x/channels/chat/lobby', [...mine, ...upgrade, 'Transfer-Encoding: chunked'])
    for (const chunk of ['zz\r\n', '-5\r\n', '\r\n\r\n', 'x'.repeat(70_000)]) await say(`${head}${chunk}`, 'late', 300)
    await lives()
  })

  it('outlives 1,500 requests as no client sends them', async () => {
    let next = 0
    const one = async () => {
      for (let i = next++; i < 1_500; i = next++) {
        const random = new Random(seed + i * 7_919)
        const fields = random.some(heads, 0.25).flat()
        const path = random.pick([
          random.pick(mounts),
          random.pick(mounts),
          random.pick(odd),
          random.pick(mounts) + random.pick(odd),
        ])
        const head = headOf(random.pick(methods), path, fields)
        const text = Buffer.from(head + random.pick(bodies), 'latin1')
        const bytes = random.chance(0.2) ? random.mutate(text) : text
        await say(bytes.toString('latin1'), random.pick(['reset', 'end', 'late']), random.below(60))
        if (i % 300 === 0) await lives()
      }
    }
    await Promise.all(Array.from({ length: 12 }, one))
    await lives()
  })
})
