/** What somebody sends who means no good, or has missed something: it is stored only if every reader can apply it, and costs nobody else anything. */
import { describe, expect, it } from 'vitest'
import * as Y from 'yjs'
import { numberBytes, spellAwareness } from '../../src/protocol/y-awareness.js'
import { principalDigest } from '../../src/server/forms/anywire/welcome.js'
import { memory } from '../../src/stores/memory/memory.js'
import { connect } from '../support/clients/socket.js'
import { share } from '../support/core/shared-store.js'
import { held, ours, reads, says, sees, serveDocuments, theirs, until } from './desk.js'
import { edits, manyClients, pendingDeletions, typing } from './updates.js'

const authenticate = (credential?: { readonly token: string }) => (credential ? { id: credential.token } : null)

const sync = (step: number, body: Uint8Array) => Uint8Array.of(0, step, ...numberBytes(body.length), ...body)
const update = (body: Uint8Array) => Buffer.concat([Buffer.of(0, 2), Buffer.from(numberBytes(body.length)), body])
const awareness = (body: Uint8Array) => Buffer.concat([Buffer.of(1), Buffer.from(numberBytes(body.length)), body])

type Server = Awaited<ReturnType<typeof serveDocuments>>

const post = (server: Server, body: Uint8Array, channel = 'yjs/a', token?: string) =>
  fetch(server.url(channel), {
    method: 'POST',
    headers: {
      'content-type': 'application/octet-stream',
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    },
    body: Buffer.from(body),
  })

const roomOf = (server: Server, room = 'a') => server.socketUrl().replace('/channels', `/yjs/${room}`)

describe('an update whose base is missing', () => {
  it('is refused over HTTP with 409, and nothing is stored', async () => {
    const server = await serveDocuments()
    const answers = [pendingDeletions(1_000), edits(1, typing('a'), typing('b', 1))[1]!]
    for (const answer of answers) expect((await post(server, answer)).status).toBe(409)
    expect(await held(server, 'yjs/a', '-1')).toEqual([])
  })

  it('makes the server ask a y-websocket for all that it lacks, and the connection stays', async () => {
    const server = await serveDocuments()
    const [first, second] = edits(1, typing('a'), typing('b', 1)) as [Uint8Array, Uint8Array]
    const socket = await connect(roomOf(server))
    socket.send(update(second))
    expect(await socket.take(1)).toEqual([Buffer.of(0, 0, 1, 0)])
    socket.send(sync(1, Y.mergeUpdates([first, second])))
    await reads(theirs(server, 'a'), 'ab')
  })

  it('is sent again with its base by a provider whose document the server has lost', async () => {
    const server = await serveDocuments()
    const [anna, ben] = [theirs(server, 'a'), ours(server, 'b')]
    for (const { text } of [anna, ben]) text.insert(0, 'before ')
    await Promise.all([reads(theirs(server, 'a'), 'before '), reads(theirs(server, 'b'), 'before ')])
    for (const room of ['a', 'b']) await fetch(server.url(`yjs/${room}`), { method: 'DELETE' })
    anna.text.insert(7, 'after')
    ben.text.insert(7, 'after')
    await Promise.all([reads(theirs(server, 'a'), 'before after'), reads(theirs(server, 'b'), 'before after')])
    await says(ben.provider.saved)
  })
})

describe('limits of a document', () => {
  it('refuses an update of too many clients, and a document that is full takes deletions', async () => {
    const server = await serveDocuments({}, { limits: { clientsPerUpdate: 100, documentBytes: 5_000 } })
    expect((await post(server, manyClients(101))).status).toBe(422)
    const [large, more] = edits(1, typing('x'.repeat(4_900)), typing('y'.repeat(4_900), 4_900)) as [
      Uint8Array,
      Uint8Array,
    ]
    expect((await post(server, large)).status).toBe(204)
    expect(await (await post(server, more)).json()).toMatchObject({ error: { code: 'too-large' } })
    const [, deletion] = edits(
      2,
      (doc) => Y.applyUpdate(doc, large),
      (doc) => doc.getText().delete(0, 4_000),
    )
    expect((await post(server, deletion!)).status).toBe(204)
  })

  it('tells y-websocket for good that a document is full', async () => {
    const server = await serveDocuments({}, { limits: { documentBytes: 5_000 } })
    const anna = theirs(server, 'a')
    let closed = 0
    anna.provider.on('closed', ({ code }) => {
      closed = code
    })
    await until(anna.provider, 'synced', () => anna.provider.synced)
    anna.text.insert(0, 'x'.repeat(6_000))
    await until(anna.provider, 'closed', () => closed === 4413)
  })

  it.each([{ limits: { nonsense: 1 } }, { limits: { documentBytes: 0 } }])(
    'refuses the options %j',
    async (options) => {
      await expect(serveDocuments({}, options as never)).rejects.toMatchObject({ code: 'bad-request' })
    },
  )
})

describe('a step 2', () => {
  it('of a reader is looked through once, as the answer to what was asked', async () => {
    const publish = ({ principal }: { readonly principal: { readonly id: string } }) => principal.id !== 'reader'
    const server = await serveDocuments({ authenticate, queryToken: true }, { publish })
    const known = edits(1, typing('known'))[0]!
    expect((await post(server, known, 'yjs/a', 'ann')).status).toBe(204)
    const socket = await connect(`${roomOf(server)}?token=reader`)
    socket.send(sync(0, Uint8Array.of(0)))
    const [, done, asked] = await socket.take(3)
    expect([done, asked]).toEqual([Buffer.of(0, 1, 2, 0, 0), Buffer.of(0, 0, 3, 1, 1, 5)])
    socket.send(sync(1, known))
    socket.send(sync(1, known))
    const [denied] = await socket.take(1)
    expect((denied as Buffer)[0]).toBe(2)
    socket.send(sync(0, Uint8Array.of(0)))
    expect(await socket.take(1)).toEqual([Buffer.of(0, 1, 2, 0, 0)])
    expect(socket.waiting).toBe(0)
  })
})

describe('a large edit', () => {
  const large = 5_000_000

  it('of 5 MB arrives, by y-websocket and by ours over each transport', async () => {
    const server = await serveDocuments()
    const readers = { a: theirs(server, 'a'), b: theirs(server, 'b'), c: theirs(server, 'c') }
    const writers = {
      a: theirs(server, 'a'),
      b: ours(server, 'b'),
      c: ours(server, 'c', new Y.Doc(), 'poll'),
    }
    for (const room of ['a', 'b', 'c'] as const) {
      writers[room].text.insert(0, 'x'.repeat(large))
      await until(readers[room].doc, 'update', () => readers[room].text.length === large)
    }
    await Promise.all([says(writers.b.provider.saved), says(writers.c.provider.saved)])
  }, 60_000)

  it('over the limit is told to its author, who does not try again', async () => {
    const server = await serveDocuments({}, { limits: { messageBytes: 1_000_000 } })
    const [anna, ben] = [theirs(server, 'a'), ours(server, 'b')]
    const closes: number[] = []
    anna.provider.on('closed', ({ code }) => closes.push(code))
    await until(anna.provider, 'synced', () => anna.provider.synced)
    await says(ben.provider.synced)
    for (const { text } of [anna, ben]) text.insert(0, 'x'.repeat(large))
    await until(anna.provider, 'closed', () => closes.length > 0)
    expect(closes).toEqual([4413])
    expect(anna.provider.shouldConnect).toBe(false)
    const { error } = ben.provider
    await new Promise<unknown>((resolve) => (error.value ? resolve(error) : error.subscribe(resolve)))
    expect(ben.provider.error.value).toMatchObject({ code: 'too-large' })
    ben.text.insert(0, 'later')
    expect([ben.provider.saved.value, ben.provider.kept.value]).toEqual([false, false])
    expect(await held(server, 'yjs/b', '-1')).toEqual([])
  })

  it('is no way in for large frames of other channels', async () => {
    const server = await serveDocuments()
    const socket = await connect(server.socketUrl(), { protocols: ['anywire.v1'] })
    const [welcome] = await socket.take(1)
    const { maxFrameBytes, maxBinaryFrameBytes } = JSON.parse(String(welcome))
    expect([maxFrameBytes, maxBinaryFrameBytes > 11_000_000]).toEqual([4_194_304, true])
    socket.say({ type: 'publish', channel: 'chat', data: 'x'.repeat(5_000_000), id: 1 })
    expect(JSON.parse(String((await socket.take(1))[0]))).toMatchObject({ type: 'error', code: 'too-large' })
    socket.say({ type: 'publish', channel: 'chat', base64: 'x'.repeat(5_000_000), id: 2 })
    expect(JSON.parse(String((await socket.take(1))[0]))).toMatchObject({ type: 'error', id: 2 })
    const body = JSON.stringify({ publish: [{ channel: 'chat', data: 'x'.repeat(5_000_000), id: 3 }] })
    expect((await fetch(server.url(), { method: 'POST', body })).status).toBe(413)
    expect((await post(server, new Uint8Array(5_000_000), 'chat')).status).toBe(413)
  })
})

describe('awareness', () => {
  const word = (client: number, name: string) => spellAwareness({ client, clock: 1, state: JSON.stringify({ name }) })

  it('has a limit for each principal, which keeps out nobody else', async () => {
    const limits = { clientsPerPrincipal: 3 }
    const server = await serveDocuments({ authenticate, queryToken: true }, { limits })
    const statuses: number[] = []
    for (let client = 1; client <= 5; client++) {
      statuses.push((await post(server, word(client, 'eve'), 'awareness/yjs/a', 'eve')).status)
    }
    expect(statuses).toEqual([204, 204, 204, 429, 429])
    const [ann, ben] = [theirs(server, 'a', { token: 'ann' }), theirs(server, 'a', { token: 'ben' })]
    ann.awareness.setLocalStateField('name', 'Ann')
    await sees(ben, 'Ann', 'eve', 'eve', 'eve')
  })

  it('does not tell its readers who somebody is, though they guess it', async () => {
    const server = await serveDocuments({ authenticate, queryToken: true })
    expect((await post(server, word(1, 'Eve'), 'awareness/yjs/a', 'eve')).status).toBe(204)
    expect((await post(server, word(2, 'Eve again'), 'awareness/yjs/a', 'eve')).status).toBe(204)
    const events: (string | undefined)[] = []
    for await (const heard of server.hub.subscribe('awareness/yjs/a', { from: 'start' }))
      if (events.push((heard as { event?: string }).event) === 2) break
    expect(events[0]).toMatch(/^[\w-]{22}\.[\w-]{8}\.[0-9a-z]+$/)
    const by = (event: string | undefined) => event?.split('.').slice(0, 2)
    expect(by(events[1])).toEqual(by(events[0]))
    expect(events[0]).not.toContain(principalDigest({ id: 'eve' }))
  })

  it('that is refused does not end the connection to the document', async () => {
    const server = await serveDocuments({ authenticate, queryToken: true }, { limits: { clientsPerDocument: 1 } })
    expect((await post(server, word(1, 'eve'), 'awareness/yjs/a', 'eve')).status).toBe(204)
    const ann = await connect(`${roomOf(server)}?token=ann`)
    const [first, second] = edits(1, typing('still '), typing('here', 6)) as [Uint8Array, Uint8Array]
    ann.send(awareness(word(2, 'Ann')))
    ann.send(update(first))
    await reads(theirs(server, 'a', { token: 'ben' }), 'still ')
    ann.send(update(second))
    await reads(theirs(server, 'a', { token: 'ben' }), 'still here')
  })

  it('of clients who come and go has the same limit, and of one who never came nothing is kept', async () => {
    const limits = { clientsPerPrincipal: 3, clientsPerDocument: 4 }
    const server = await serveDocuments({ authenticate, queryToken: true }, { limits })
    const say = (client: number, clock: number, state: string, who = 'eve') =>
      post(server, spellAwareness({ client, clock, state }), 'awareness/yjs/a', who)
    for (let client = 1; client <= 5; client++) expect((await say(client, 1, 'null')).status).toBe(204)
    const statuses: number[] = []
    for (let client = 1; client <= 5; client++) {
      statuses.push((await say(client, 1, '{}')).status)
      await say(client, 2, 'null')
    }
    expect(statuses).toEqual([204, 204, 204, 429, 429])
    expect((await say(9, 1, '{"name":"Ann"}', 'ann')).status).toBe(204)
  })

  it('has no limit for each principal where nobody is told apart', async () => {
    const server = await serveDocuments({}, { limits: { clientsPerPrincipal: 3 } })
    for (let client = 1; client <= 5; client++) {
      expect((await post(server, word(client, 'somebody'), 'awareness/yjs/a')).status).toBe(204)
    }
  })

  it('of more clients than a document may have is refused unread', async () => {
    const server = await serveDocuments({}, { limits: { clientsPerDocument: 10 } })
    const many = (count: number) => {
      const one = spellAwareness({ client: 1, clock: 1, state: '{}' }).subarray(1)
      return Buffer.concat([Buffer.from(numberBytes(count)), ...Array.from({ length: count }, () => one)])
    }
    const socket = await connect(roomOf(server))
    socket.send(awareness(many(10)))
    socket.send(awareness(many(11)))
    expect((await socket.closed).code).toBe(4413)
    expect((await post(server, many(2), 'awareness/yjs/a')).status).toBe(422)
  })

  it('is nobody else’s to speak, also on another node', async () => {
    const store = memory()
    const server = await serveDocuments({ authenticate, queryToken: true, store })
    await post(server, word(1, 'Ann'), 'awareness/yjs/a', 'ann')
    const other = await serveDocuments({ authenticate, queryToken: true, store })
    const forged = spellAwareness({ client: 1, clock: 9, state: '{"name":"not Ann"}' })
    await post(other, forged, 'awareness/yjs/a', 'eve')
    await sees(theirs(other, 'a', { token: 'ben' }), 'Ann')
  })
})

describe('awareness on several nodes', () => {
  const named = (client: number, clock: number, name: string) =>
    spellAwareness({ client, clock, state: JSON.stringify({ name }) })

  it('takes the word of a client who goes to another node, though nothing was set up', async () => {
    const store = memory()
    const [one, other] = await Promise.all([1, 2].map(() => serveDocuments({ authenticate, queryToken: true, store })))
    await post(one!, named(1, 1, 'Ann'), 'awareness/yjs/a', 'ann')
    await post(other!, named(1, 2, 'Ann elsewhere'), 'awareness/yjs/a', 'ann')
    await sees(theirs(one!, 'a', { token: 'ben' }), 'Ann elsewhere')
  })

  it('says that clients have left whose node died, and not those who went to another one', async () => {
    const shared = share(memory())
    const nodes = [shared.node(), shared.node()] as const
    const serve = (store: (typeof nodes)[0]) =>
      serveDocuments({
        authenticate,
        queryToken: true,
        store: store.store,
        limits: { nodeLeaseMs: 1_500 },
        onError: () => undefined, // a killed node fails
      })
    const [one, other] = [await serve(nodes[0]), await serve(nodes[1])]
    await post(one, named(1, 1, 'Ann'), 'awareness/yjs/a', 'ann')
    await post(one, named(2, 1, 'Eve'), 'awareness/yjs/a', 'eve')
    const ben = theirs(other, 'a', { token: 'ben' })
    await sees(ben, 'Ann', 'Eve')
    nodes[0].kill()
    await post(other, named(1, 2, 'Ann'), 'awareness/yjs/a', 'ann')
    await sees(ben, 'Ann')
  })

  it('believes who was first, where two spoke of a client at once', async () => {
    const server = await serveDocuments({ authenticate, queryToken: true })
    await post(server, named(1, 1, 'Ann'), 'awareness/yjs/a', 'ann')
    // As another node may have stored it which did not know of Ann yet.
    await server.hub.publish('awareness/yjs/a', named(1, 2, 'Eve'), { key: '1', event: 'another.node' })
    await post(server, named(2, 1, 'Cleo'), 'awareness/yjs/a', 'cleo') // nobody knows of her: the log is read
    await post(server, named(1, 3, 'Ann'), 'awareness/yjs/a', 'ann')
    await sees(theirs(server, 'a', { token: 'ben' }), 'Ann', 'Cleo')
  })
})

describe('hub.disconnect', () => {
  it('ends a y-websocket that is being opened', async () => {
    let asked = () => {}
    const asking = new Promise<void>((resolve) => {
      asked = resolve
    })
    let answer = (_: boolean) => {}
    const answered = new Promise<boolean>((resolve) => {
      answer = resolve
    })
    const subscribe = ({ channel }: { readonly channel: string }) => {
      if (!channel.startsWith('awareness/')) asked()
      return answered
    }
    const server = await serveDocuments({ authenticate, queryToken: true }, { subscribe })
    const opening = connect(`${roomOf(server)}?token=ann`)
    await asking
    server.hub.disconnect({ principal: 'ann' })
    answer(true)
    expect((await (await opening).closed).code).toBe(4401)
  })
})
