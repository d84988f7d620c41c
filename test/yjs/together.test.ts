/** y-websocket's own provider, unmodified, and ours on the same documents. */
import { describe, expect, it } from 'vitest'
import * as Y from 'yjs'
import { held, ours, reads, says, sees, serveDocuments, theirs, until } from './desk.js'

describe('a document', () => {
  it('is the same for two of y-websocket and two of ours, whoever writes', async () => {
    const server = await serveDocuments()
    const desks = [theirs(server, 'a'), theirs(server, 'a'), ours(server, 'a'), ours(server, 'a', new Y.Doc(), 'poll')]
    desks[0]!.text.insert(0, 'one ')
    await Promise.all(desks.map((desk) => reads(desk, 'one ')))
    desks[2]!.text.insert(4, 'two ')
    await Promise.all(desks.map((desk) => reads(desk, 'one two ')))
    desks[3]!.text.delete(0, 4)
    await Promise.all(desks.map((desk) => reads(desk, 'two ')))
    const late = [theirs(server, 'a'), ours(server, 'a', new Y.Doc(), 'stream')]
    await Promise.all(late.map((desk) => reads(desk, 'two ')))
  })

  it('is read by y-websocket before it says that it is synced', async () => {
    const server = await serveDocuments()
    const author = ours(server, 'a')
    for (let i = 0; i < 300; i++) author.text.insert(0, 'x'.repeat(1000))
    await says(author.provider.saved)
    const reader = theirs(server, 'a')
    await until(reader.provider, 'synced', () => reader.provider.synced)
    expect(reader.text.length).toBe(300_000)
  })

  it('goes on where the connections are cut, with what was written meanwhile', async () => {
    const server = await serveDocuments()
    const [anna, ben] = [theirs(server, 'a'), ours(server, 'a')]
    anna.text.insert(0, 'both ')
    await reads(ben, 'both ')
    server.cut()
    anna.text.insert(0, 'anna ')
    ben.text.insert(5, 'ben ')
    await Promise.all([reads(anna, 'anna both ben '), reads(ben, 'anna both ben ')])
  })

  it('takes from a client that comes back only what it does not have', async () => {
    const server = await serveDocuments()
    const anna = theirs(server, 'a')
    anna.text.insert(0, 'gone and kept')
    anna.text.delete(0, 9)
    const ben = ours(server, 'a')
    await reads(ben, 'kept')
    await says(ben.provider.synced)
    const again = new Y.Doc()
    Y.applyUpdate(again, Y.encodeStateAsUpdate(anna.doc))
    const before = (await held(server, 'yjs/a', '-1')).length
    await says(ours(server, 'a', again).provider.synced)
    anna.provider.disconnect()
    anna.provider.connect()
    await until(anna.provider, 'synced', () => anna.provider.synced)
    anna.text.insert(0, '+')
    await reads(ben, '+kept')
    expect(await held(server, 'yjs/a', '-1')).toHaveLength(before + 1)
  })

  it('is restored by those who have it when the server has lost it', async () => {
    const first = await serveDocuments()
    const doc = new Y.Doc()
    doc.getText().insert(0, 'kept here')
    const second = await serveDocuments()
    const [one, two] = [ours(first, 'a', doc), ours(second, 'a', doc)]
    await Promise.all([says(one.provider.synced), says(two.provider.synced)])
    await Promise.all([reads(theirs(first, 'a'), 'kept here'), reads(theirs(second, 'a'), 'kept here')])
    expect((await fetch(first.url('yjs/a'), { method: 'DELETE' })).status).toBe(204)
    await reads(theirs(first, 'a'), 'kept here')
  })
})

describe('awareness', () => {
  it('is seen by both kinds, also by who comes later, and ends with who leaves', async () => {
    const server = await serveDocuments()
    const [anna, ben] = [theirs(server, 'a'), ours(server, 'a')]
    anna.awareness.setLocalStateField('name', 'Anna')
    ben.awareness.setLocalStateField('name', 'Ben')
    await Promise.all([sees(anna, 'Anna', 'Ben'), sees(ben, 'Anna', 'Ben')])
    const [cleo, dan] = [theirs(server, 'a'), ours(server, 'a')]
    await Promise.all([sees(cleo, 'Anna', 'Ben'), sees(dan, 'Anna', 'Ben')])
    ben.provider.destroy()
    await Promise.all([sees(anna, 'Anna'), sees(cleo, 'Anna')])
    // It says nothing: the server does, when its socket is gone.
    anna.provider.shouldConnect = false
    ;(anna.provider.ws as unknown as { terminate(): void }).terminate()
    await Promise.all([sees(cleo), sees(dan)])
  })

  it('is stored once for each client, however often it is repeated', async () => {
    const server = await serveDocuments()
    const desks = Array.from({ length: 5 }, () => theirs(server, 'a'))
    for (const [i, { awareness }] of desks.entries()) awareness.setLocalStateField('name', `n${i}`)
    await Promise.all(desks.map((desk) => sees(desk, 'n0', 'n1', 'n2', 'n3', 'n4')))
    for (const { awareness } of desks) awareness.setLocalStateField('seen', true)
    const all = ({ awareness }: (typeof desks)[0]) => [...awareness.getStates().values()].every(({ seen }) => seen)
    await Promise.all(desks.map((desk) => until(desk.awareness as never, 'change', () => all(desk))))
    expect(await held(server, 'awareness/yjs/a', '-1')).toHaveLength(10)
    expect(await held(server, 'awareness/yjs/a', 'snapshot')).toHaveLength(5)
  })
})
