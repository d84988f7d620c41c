/** `hub.yjs` at the door, against malformed frames, and with logs that grow. */
import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import * as Y from 'yjs'
import { connect, rawSocket, refusal } from '../support/clients/socket.js'
import { held, ours, reads, says, serveDocuments, theirs, until } from './desk.js'

const step1 = Uint8Array.of(0, 0, 1, 0)
const authenticate = (credential?: { readonly token: string }) => (credential ? { id: credential.token } : null)

describe('hub.yjs', () => {
  it('answers step 1 of an empty room by the two steps', async () => {
    const { socketUrl } = await serveDocuments()
    const socket = await connect(socketUrl().replace('/channels', '/yjs/a'))
    socket.send(step1)
    expect(await socket.take(2)).toEqual([Buffer.of(0, 1, 2, 0, 0), Buffer.of(0, 0, 1, 0)])
    socket.send(step1)
    expect(await socket.take(1)).toEqual([Buffer.of(0, 1, 2, 0, 0)])
  })

  it('answers who reads slowly only when all of a large document has been sent', async () => {
    const { hub, socketUrl } = await serveDocuments()
    for (let i = 0; i < 40; i++) {
      const doc = new Y.Doc()
      doc.getText().insert(0, 'x'.repeat(400_000))
      await hub.publish('yjs/a', Y.encodeStateAsUpdate(doc), { key: `${i}` })
    }
    const socket = await connect(socketUrl().replace('/channels', '/yjs/a'))
    rawSocket(socket).pause()
    socket.send(step1)
    // The server has heard it when it has answered another connection that came later.
    const other = await connect(socketUrl().replace('/channels', '/yjs/b'))
    other.send(step1)
    await other.take(2)
    rawSocket(socket).resume()
    const frames = (await socket.take(42)) as Buffer[]
    expect(frames.slice(0, 40).every(([type, sync]) => type === 0 && sync === 2)).toBe(true)
    expect(frames[40]).toEqual(Buffer.of(0, 1, 2, 0, 0))
  })

  it.each([
    ['text', '{}'],
    ['nothing', new Uint8Array(0)],
    ['an unknown type', Uint8Array.of(9)],
    ['a length without its bytes', Uint8Array.of(0, 2, 200, 1, 0)],
    ['an awareness of half a client', Uint8Array.of(1, 2, 1, 5)],
    ['a number without end', new Uint8Array(20).fill(255)],
  ])('closes with 4400 who sends %s', async (_, frame) => {
    const { socketUrl } = await serveDocuments()
    const socket = await connect(socketUrl().replace('/channels', '/yjs/a'))
    socket.send(frame)
    expect((await socket.closed).code).toBe(4400)
  })

  it('closes with 4422 who sends an update that is none, whatever its bytes, and stores nothing', async () => {
    const server = await serveDocuments()
    for (let i = 0; i < 50; i++) {
      const socket = await connect(server.socketUrl().replace('/channels', '/yjs/a'))
      socket.send(Buffer.concat([Buffer.of(0, 2, 40), randomBytes(40).fill(255, 0, 3)]))
      expect((await socket.closed).code).toBe(4422)
    }
    expect(await held(server, 'yjs/a', '-1')).toEqual([])
  })

  it('closes with 4413 for an update over the limit, which the provider takes as final', async () => {
    const server = await serveDocuments({}, { limits: { messageBytes: 10_000 } })
    const anna = theirs(server, 'a')
    let code = 0
    anna.provider.on('closed', (closed) => {
      code = closed.code
    })
    await until(anna.provider, 'synced', () => anna.provider.synced)
    anna.text.insert(0, 'x'.repeat(20_000))
    await until(anna.provider, 'closed', () => code === 4413)
  })

  it('refuses a foreign origin before the handshake, and closes with 4401 and 4403 who has come in by the right door', async () => {
    const server = await serveDocuments(
      { authenticate, queryToken: true },
      { subscribe: ({ principal, params }) => params.rest === principal.id, publish: false },
    )
    const url = server.socketUrl().replace('/channels', '/yjs')
    expect(await refusal(`${url}/ann?token=ann`, { origin: 'https://evil.example' })).toMatchObject({ status: 403 })
    expect((await (await connect(`${url}/ann`)).closed).code).toBe(4401)
    expect((await (await connect(`${url}/ben?token=ann`)).closed).code).toBe(4403)
    expect((await (await connect(`${url}?token=ann`)).closed).code).toBe(4400)
    expect((await fetch(`${server.origin}/yjs/ann`)).status).toBe(406)
    const ann = await connect(`${url}/ann?token=ann`)
    ann.send(step1)
    expect(await ann.take(2)).toHaveLength(2)
  })

  it('lets who may only read go on reading, and says so', async () => {
    const server = await serveDocuments(
      { authenticate, queryToken: true },
      { publish: ({ principal }) => principal.id === 'author' },
    )
    const [author, reader] = [theirs(server, 'a', { token: 'author' }), theirs(server, 'a', { token: 'reader' })]
    reader.text.insert(0, 'refused')
    author.text.insert(0, 'written')
    await until(reader.doc, 'update', () => reader.text.toString().includes('written'))
    expect(author.text.toString()).toBe('written')
    const fresh = theirs(server, 'a', { token: 'reader' })
    await reads(fresh, 'written')
  })

  it('takes updates by HTTP and WebSocket too, and neither tombstones nor what is no update', async () => {
    const server = await serveDocuments()
    const doc = new Y.Doc()
    doc.getText().insert(0, 'posted')
    const headers = { 'content-type': 'application/octet-stream', 'message-key': 'mine' }
    const post = (body: Uint8Array) => fetch(server.url('yjs/a'), { method: 'POST', headers, body: Buffer.from(body) })
    expect((await post(Y.encodeStateAsUpdate(doc))).status).toBe(204)
    await reads(theirs(server, 'a'), 'posted')
    expect((await post(new Uint8Array(0))).status).toBe(422)
    expect((await post(Uint8Array.of(1, 2, 3))).status).toBe(422)
  })
})

describe('compaction', () => {
  it('lets a new reader read little of a long log, and loses nothing of it while others write', async () => {
    const server = await serveDocuments({}, { compactAfter: 20 })
    const [anna, ben] = [theirs(server, 'a'), ours(server, 'a')]
    await Promise.all([until(anna.provider, 'synced', () => anna.provider.synced), says(ben.provider.synced)])
    for (let i = 0; i < 300; i++) {
      anna.text.insert(i % 7, 'a')
      ben.text.insert(0, 'b')
      if (i % 10 === 0) await until(ben.doc, 'update', () => ben.text.length > i)
    }
    await Promise.all([anna, ben].map(({ doc, text }) => until(doc, 'update', () => text.length === 600)))
    const [late, later] = [theirs(server, 'a'), ours(server, 'a')]
    await Promise.all([reads(late, anna.text.toString()), reads(later, anna.text.toString())])
    expect(ben.text.toString()).toBe(anna.text.toString())
    expect((await held(server, 'yjs/a', 'snapshot')).length).toBeLessThan(60)
    await says(later.provider.synced)
  })
})
