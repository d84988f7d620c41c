/** What the NATS store refuses when it is opened, each with a sentence that says what to change. */
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { connect } from '@nats-io/transport-node'
import { afterAll, describe, expect, it, onTestFinished } from 'vitest'
import { createHub } from '../../../src/index.js'
import { nats } from '../../../src/stores/nats/index.js'
import { tokenOf } from '../../../src/stores/nats/streams.js'
import { freePort } from '../../support/free-port.js'
import { NatsServer } from '../../support/nats.js'

const server = await NatsServer.start()
afterAll(() => server.remove())

const refused = (options: Parameters<typeof nats>[0]) =>
  nats({ servers: server.url, ...options }).then(
    async (store) => {
      await store.close()
      return 'opened'
    },
    ({ code, message }) => `${code}: ${message}`,
  )

/** A server that says that it is of some version, and answers pings. */
async function serverOf(info: object): Promise<string> {
  const listener = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.write(`INFO ${JSON.stringify({ server_id: 'x', headers: true, max_payload: 1_048_576, ...info })}\r\n`)
    socket.on('data', (bytes) => bytes.includes('PING') && socket.write('PONG\r\n'))
  }).listen(0, '127.0.0.1')
  await once(listener, 'listening')
  onTestFinished(() => void listener.close())
  return `127.0.0.1:${(listener.address() as AddressInfo).port}`
}

describe('nats() refuses', () => {
  it.each([
    [
      'an unknown option',
      { server: 'x' },
      'bad-request: There is no option "server" of nats(): did you mean "servers"?',
    ],
    ['a name that is none of subjects', { name: 'a.b' }, 'bad-request: The option "name" of nats() must be'],
    [
      'a connection beside servers',
      { connection: { request: () => undefined } },
      'bad-request: nats() takes a "connection"',
    ],
    ['replicas of servers that cannot keep them alike', { name: 'r', replicas: 3 }, '3 replicas need 2.11 or newer.'],
    ['more bytes than there are', { name: 'b', maxBytes: 1e15 }, 'insufficient storage'],
  ])('%s', async (_, options, sentence) => {
    expect(await refused(options as never)).toContain(sentence)
  })

  it('servers that cannot be reached, without telling a password', async () => {
    const port = await freePort()
    const said = await refused({ servers: `nats://me:secret@127.0.0.1:${port}` })
    expect(said).toContain(`bad-request: The NATS servers nats://127.0.0.1:${port} cannot be used`)
    expect(said).not.toContain('secret')
  })

  it('servers that are too old, or have no JetStream', async () => {
    expect(await refused({ servers: await serverOf({ version: '2.8.4', jetstream: true }) })).toContain(
      'The NATS server is version 2.8.4: the store needs 2.9 or newer.',
    )
    expect(await refused({ servers: await serverOf({ version: '2.10.22' }) })).toContain('has no JetStream')
  })

  it('streams that are not as they must be, and formats that it does not know', async () => {
    const connection = await connect({ servers: server.url })
    onTestFinished(() => connection.close())
    const stream = { name: 'hand_10000', subjects: ['hand.c.10000.>'], storage: 'file', retention: 'limits' }
    await connection.request('$JS.API.STREAM.CREATE.hand_10000', JSON.stringify(stream))
    expect(await refused({ name: 'hand' })).toContain('The stream "hand_10000" has subjects')
    expect(await refused({ name: 'future' })).toBe('opened')
    const record = JSON.stringify({ format: 2, micros: 1, epoch: 'x' })
    await connection.request('future.b.10000', record)
    expect(await refused({ name: 'future' })).toBe(
      'bad-request: The stream "future_10000" has format 2; this Anywire knows format 1: update it.',
    )
  })

  it('to read or write over a frame of a format that it does not know', async () => {
    const store = await nats({ servers: server.url, name: 'later' })
    const connection = await connect({ servers: server.url })
    onTestFinished(async () => {
      await Promise.all([store.close(), connection.close()])
    })
    const subjects: string[] = []
    connection.subscribe('later.c.>', { callback: (_, { subject }) => void subjects.push(subject) })
    await connection.flush()
    const config = {
      contentType: 'text/plain',
      evictable: false,
      retain: { messages: 10_000, bytes: null, ageMs: null },
    }
    await store.append('c', [{ data: Buffer.from('x') }], { create: config })
    await expect.poll(() => subjects.length).toBe(1)
    await connection.request(subjects[0] ?? '', Buffer.from([2, 0, 0, 0, 0]))
    const said = {
      code: 'internal',
      message: 'What NATS holds of "c" has format 2; this Anywire knows format 1: update it.',
    }
    await expect(store.read('c', { kind: 'start' }, { messages: 1, bytes: 1 })).rejects.toMatchObject(said)
    await expect(store.append('c', [{ data: Buffer.from('y') }])).rejects.toMatchObject(said)
  })

  it('no reader and no publisher with a client’s error when a stream was changed by hand, or cannot be made', async () => {
    const store = await nats({ servers: server.url, name: 'limited', maxBytes: 1_000_000 })
    const connection = await connect({ servers: server.url })
    onTestFinished(async () => {
      await Promise.all([store.close(), connection.close()])
    })
    const ask = (what: string, asked: object) => connection.request(`$JS.API.STREAM.${what}`, JSON.stringify(asked))
    const config = { contentType: 'text/plain', evictable: false, retain: { messages: 7, bytes: null, ageMs: null } }
    // In the place of the one that is needed next.
    const other = { name: 'limited_7', subjects: ['elsewhere'], storage: 'file', retention: 'limits' }
    await ask('CREATE.limited_7', other)
    const refused = await store.append('c', [{ data: Buffer.from('x') }], { create: config })
    expect(refused).toMatchObject({ kind: 'full', why: expect.stringContaining('"limited_7" has subjects') })
    await ask('DELETE.limited_10000', {})
    await ask('CREATE.limited_10000', { ...other, name: 'limited_10000', subjects: ['elsewhere.else'] })
    const read = store.read('c', { kind: 'start' }, { messages: 1, bytes: 1 })
    await expect(read).rejects.toMatchObject({ code: 'store-down' })
  })

  it('nothing that it can do, and a hub refuses rules that ask for more', async () => {
    const store = await nats({ servers: server.url })
    for (const rule of [{ keys: true }, { retain: { bytes: 100 } }, { retain: { ageMs: 100 } }]) {
      expect(() => createHub({ store, rules: { 'c/*': rule } })).toThrow(/The rule "c\/\*" asks for/)
    }
    const hub = createHub({ store, rules: { 'c/*': { retain: { messages: 3 } } } })
    await expect(hub.create('c/1', { ttlSeconds: 9 })).rejects.toMatchObject({ code: 'bad-request' })
    await hub.close()
  })
})

describe('a user who may do little', () => {
  const config = { contentType: 'text/plain', evictable: false, retain: { messages: 10_000, bytes: null, ageMs: null } }
  const served = async (permissions: string) => {
    const server = await NatsServer.start(
      `authorization { users: [{ user: "ann", password: "p", permissions: ${permissions} }] }`,
    )
    onTestFinished(() => server.remove())
    return server.url.replace('//', '//ann:p@')
  }

  it('has its answers below the `inboxPrefix` that `connect` names', async () => {
    const servers = await served('{ publish: ">", subscribe: ["ours.>", "anywire.>"] }')
    const store = await nats({ servers, connect: { inboxPrefix: 'ours' } })
    onTestFinished(() => store.close())
    const appended = await store.append('c', [{ data: Buffer.from('x') }], { create: config })
    expect(appended.kind).toBe('appended')
    const page = await store.read('c', { kind: 'start' }, { messages: 9, bytes: 9 })
    expect(page).toMatchObject({ kind: 'page', messages: [{}] })
  })

  it('is refused at once what is forbidden, and not when an answer is late', async () => {
    const servers = await served('{ publish: { allow: ">", deny: "anywire.c.>" }, subscribe: ">" }')
    const store = await nats({ servers, appendMs: 600_000 })
    onTestFinished(() => store.close())
    const append = store.append('c', [{ data: Buffer.from('x') }], { create: config })
    const cause = expect.objectContaining({ message: expect.stringContaining('Permissions Violation for Publish') })
    await expect(append).rejects.toMatchObject({ code: 'store-down', cause })
  })

  it('needs no more than the documents say', async () => {
    const servers = await served('{ publish: ["anywire.>", "$JS.API.>"], subscribe: ["anywire.w.>", "_INBOX.>"] }')
    const store = await nats({ servers })
    onTestFinished(() => store.close())
    const wakes: string[] = []
    store.watch(({ kind }) => wakes.push(kind))
    await store.follow('c')
    for (let n = 0; n < 20; n++) await store.append('c', [{ data: Buffer.from('x') }], { create: config })
    await expect.poll(() => wakes).toEqual(Array.from({ length: 20 }, () => 'appended'))
    const page = await store.read('c', { kind: 'start' }, { messages: 99, bytes: 99 })
    expect(page.kind === 'page' && page.messages.length).toBe(20)
    expect(await store.delete('c')).toBe('deleted')
  })

  it('is told when the hub starts that it may not listen to wake-ups, and which it needs', async () => {
    const said = await refused({ servers: await served('{ publish: ">", subscribe: "_INBOX.>" }') })
    expect(said).toBe(
      'bad-request: The NATS server forbids this user to subscribe to "anywire.w.*.nobody", by which nodes are woken: ' +
        'allow it "anywire.w.>".',
    )
  })

  it('follows no channel of which it may not hear, and reads the others', async () => {
    const token = tokenOf('heard')
    const servers = await served(
      `{ publish: ">", subscribe: ["_INBOX.>", "anywire.w.*.nobody", "anywire.w.*.${token}"] }`,
    )
    const store = await nats({ servers })
    onTestFinished(() => store.close())
    const cause = expect.objectContaining({
      message: expect.stringContaining('Permissions Violation for Subscription'),
    })
    for (let n = 0; n < 2; n++)
      await expect(store.follow('unheard')).rejects.toMatchObject({ code: 'store-down', cause })
    await store.follow('heard')
    store.unfollow('unheard')
  })
})
