/** Malformed names, parameters, headers, bodies, methods and upgrades: a sentence and the right status. PROTOCOL.md 1, 3 and 7. */
import { describe, expect, it } from 'vitest'
import { RawClient } from '../support/clients/raw-client.js'
import { ask, post, postText } from '../support/clients/request.js'
import { stream } from '../support/clients/sse.js'
import { type HubServer, serveHub } from '../support/hub-server.js'

const json = { 'Content-Type': 'application/json' }

describe('what is malformed', () => {
  /** The status of a request as it stands, byte for byte. */
  async function statusOf({ port }: HubServer, target: string, method = 'GET'): Promise<string> {
    const client = new RawClient(port, `${method} ${target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`)
    await client.ended
    return client.head.slice(9, 12)
  }

  it('in a name answers 400', async () => {
    const server = await serveHub()
    const names = [
      '/',
      '//',
      'a//b',
      'a/',
      '/a',
      '.',
      '..',
      'a/../b',
      '%2e',
      '%2E%2e/x',
      'a%2F%2Fb',
      '%00',
      'a%0Ab',
      '%7f',
      '%C2%85',
      '%zz',
      '%',
      '%ff',
      '%ED%A0%80',
    ]
    for (const name of names) {
      expect([name, await statusOf(server, `/channels/${name}`)]).toEqual([name, '400'])
      expect([name, await statusOf(server, `/channels/${name}`, 'PUT')]).toEqual([name, '400'])
    }
    for (const name of ['a%2Fb', 'a%20b', '%25', 'a+b', 'a:b', '%F0%9F%98%80', '...'])
      expect([name, await statusOf(server, `/channels/${name}`)]).toEqual([name, '200'])
    expect(await statusOf(server, '/channels/a%252Fb')).toBe('200')
  })

  it('in a parameter answers 400', async () => {
    const server = await serveHub()
    const bad = [
      'live=',
      'live=x',
      'live=sse',
      'live=long-poll',
      'offset=',
      'offset=x',
      'offset=1',
      'offset=last-0',
      'offset=last-',
      'offset=last-1e3',
      'offset=NOW',
      'offset=-2',
      'offset=now&offset=now',
      `offset=${'1'.repeat(5_000)}`,
      'until=x',
      'live=poll&live=poll',
    ]
    for (const query of bad) expect([query, await statusOf(server, `/channels/n?${query}`)]).toEqual([query, '400'])
    for (const query of ['slow=x', 'slow=', 'rate=0', 'rate=x', 'rate=-1', 'offset=x'])
      expect((await stream(server.url(`n?${query}`))).status).toBe(400)
    expect(await statusOf(server, '/channels/n?unknown=1&&=&x')).toBe('200')
  })

  it('in a header answers 400', async () => {
    const { url } = await serveHub()
    const bad: Record<string, string>[] = [
      { 'Producer-Id': 'p' },
      { 'Producer-Id': 'p', 'Producer-Epoch': '0' },
      { 'Producer-Id': 'p', 'Producer-Epoch': '-1', 'Producer-Seq': '0' },
      { 'Producer-Id': 'p', 'Producer-Epoch': '0', 'Producer-Seq': '9007199254740992' },
      { 'Producer-Id': 'p', 'Producer-Epoch': '0x1', 'Producer-Seq': '0' },
      { 'Content-Encoding': 'gzip' },
    ]
    for (const headers of bad)
      expect([headers, (await post(url('n'), 1, headers)).code]).toEqual([headers, 'bad-request'])
    const alsoBad: Record<string, string>[] = [
      { 'Stream-TTL': '1.5' },
      { 'Stream-TTL': '-1' },
      { 'Stream-TTL': '9007199254740993' },
      { 'Stream-TTL': '1', 'Stream-Expires-At': '2099-01-01T00:00:00Z' },
      { 'Stream-Expires-At': 'tomorrow' },
      { 'Stream-Expires-At': '2099-13-01T00:00:00Z' },
      { 'Stream-Fork-Offset': '1111111111111111_0000000000000001' },
      { 'Stream-Forked-From': 'http://[' },
      { 'Stream-Forked-From': '/channels/a//b' },
      { 'Stream-Forked-From': 'n', 'Stream-Fork-Offset': 'x' },
    ]
    for (const headers of alsoBad)
      expect([headers, (await ask(url('m'), { method: 'PUT', headers })).status]).toEqual([headers, 400])
  })

  it('in a body answers 400', async () => {
    const { url } = await serveHub()
    for (const body of [
      '',
      ' ',
      '{',
      '[1,]',
      '[]',
      'undefined',
      '\ufeff1',
      "{'a':1}",
      '1 2',
      Uint8Array.of(0x22, 0xff, 0x22),
    ])
      expect([body, (await postText(url('n'), body, json)).code]).toEqual([body, 'bad-request'])
    expect((await ask(url('n'))).json()).toEqual([])
  })

  it('as deeply as a body can be brings nothing down', async () => {
    const receive = (message: { data: unknown }) => void message.data
    const { url } = await serveHub({ rules: { heard: { receive } } })
    const deep = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)
    for (const channel of ['n', 'heard'])
      for (const body of [deep(100_000), '['.repeat(100_000), `{"a":${deep(100_000)}}`]) {
        const { status } = await postText(url(channel), body, json)
        expect(status === 204 || status === 400).toBe(true)
      }
    expect((await ask(url('n'))).status).toBe(200)
  })

  it('as a method answers 405', async () => {
    const { url } = await serveHub()
    for (const method of ['PATCH', 'TRACE', 'PROPFIND']) {
      const answer = await ask(url('n'), { method })
      expect([answer.status, answer.headers.allow]).toEqual([405, 'GET, HEAD, POST, PUT, DELETE, OPTIONS'])
      expect((await ask(url(), { method })).status).toBe(405)
    }
  })

  it('that a proxy spells in absolute form is none', async () => {
    const { hub, origin, port } = await serveHub()
    await hub.publish('n', 1)
    const request = `GET ${origin}/channels/n?offset=-1 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`
    const client = new RawClient(port, request)
    await client.ended
    expect(client.body.toString()).toBe('[1]')
  })

  it('in an upgrade answers with a status, and leaves nothing open', async () => {
    const server = await serveHub()
    const bad = [
      'Upgrade: websocket\r\nConnection: Upgrade',
      'Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 12\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
    ]
    for (const headers of bad) {
      const client = new RawClient(server.port, `GET /channels/n HTTP/1.1\r\nHost: localhost\r\n${headers}\r\n\r\n`)
      await client.ended
      expect(client.head).toMatch(/^HTTP\/1\.1 4\d\d /)
    }
    expect(server.hub.stats()).toMatchObject({ connections: 0, subscriptions: 0 })
  })

  it.each(['8', '12', '14'])('as the version of WebSocket, %s, is told the one that is spoken', async (version) => {
    const server = await serveHub()
    server.hub.yjs('/yjs')
    const offer = `Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: ${version}`
    for (const asked of [
      `/channels/n HTTP/1.1\r\n${offer}`,
      `/channels HTTP/1.1\r\n${offer}\r\nSec-WebSocket-Protocol: anywire.v1`,
      `/yjs/room HTTP/1.1\r\n${offer}`,
    ]) {
      const client = new RawClient(server.port, `GET ${asked}\r\nHost: localhost\r\n\r\n`)
      await client.ended
      expect(client.head).toMatch(/^HTTP\/1\.1 426 .*\r\nSec-WebSocket-Version: 13/is)
    }
    expect(server.hub.stats()).toMatchObject({ connections: 0, subscriptions: 0 })
  })
})
