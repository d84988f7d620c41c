/** The disk store and its processes: killed, several at a time, and what lies in the folder. */
import { once } from 'node:events'
import { cpSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import type { Store } from 'anywire'
import { backup, disk } from 'anywire/store/disk'
import { describe, expect, it, onTestFinished } from 'vitest'
import { Random } from '../hostile/random.js'
import { Driven, folder } from './disk-driven.js'

const everything = { messages: 1_000_000, bytes: 1_000_000_000 }
const runs = Number(process.env.TEST_KILLS ?? 10)

async function open(path: string, shared = false): Promise<Store> {
  const store = await disk({ path, shared })
  onTestFinished(() => store.close())
  return store
}

async function textsOf(store: Store, channel: string): Promise<string[]> {
  const page = await store.read(channel, { kind: 'start' }, everything)
  return page.kind === 'page' ? page.messages.map(({ data }) => Buffer.from(data!).toString()) : []
}

describe('promise 1: a writer that is killed', () => {
  it(`at any moment, ${runs} times, has lost and doubled nothing that was acknowledged`, {
    timeout: 120_000 + runs * 10_000,
  }, async () => {
    const seed = Number(process.env.TEST_SEED ?? Date.now() % 100_000)
    console.log(`seed ${seed}`)
    const random = new Random(seed)
    const path = folder()
    let next = 0
    for (let run = 0; run < runs; run++) {
      const writer = new Driven(path)
      await writer.says(({ open }) => open === true)
      writer.tell(`write p ${next}`)
      await writer.says(({ seq = -1 }) => seq >= next)
      await new Promise((resolve) => setTimeout(resolve, random.next() * 200))
      writer.kill()
      await writer.ended
      const acknowledged = Math.max(...writer.said.map(({ seq = -1 }) => seq))
      const store = await disk({ path })
      for (const channel of ['a', 'b']) {
        const held = await textsOf(store, channel)
        // At most the one that was under way is there without an answer.
        expect([acknowledged + 1, acknowledged + 2]).toContain(held.length)
        expect(held).toEqual(Array.from({ length: held.length }, (_, seq) => `p ${seq}`))
      }
      await store.close()
      next = acknowledged + 1
    }
  })
})

describe('a folder in use', () => {
  it('is refused to another program with a sentence, and to this one given back', async () => {
    const path = folder()
    const first = new Driven(path)
    await first.says(({ open }) => open === true)
    const { message } = await new Driven(path).says(({ refused }) => refused === 'bad-request')
    expect(message).toMatch(/used by process \d+: .*shared/)
    first.kill()
    await first.ended
    expect(await textsOf(await open(path), 'a')).toEqual([])
  })

  it('is opened also where the process that leads is gone before it has answered', async () => {
    const path = folder()
    const leader = createServer((member) => {
      leader.close()
      member.destroy()
    })
    leader.listen(join(path, 'bus.sock'))
    await once(leader, 'listening')
    await new Driven(path, true).says(({ open }) => open === true)
  })

  it('is shared by those that say so: each is woken for what the others write, whoever of them is killed', async () => {
    const path = folder()
    // The first one leads.
    const leader = new Driven(path, true)
    await leader.says(({ open }) => open === true)
    const processes = [leader, new Driven(path, true), new Driven(path, true)]
    for (const one of processes) {
      await one.says(({ open }) => open === true)
      one.tell('follow n')
      await one.says(({ following }) => following === 'n')
    }
    const woken = (one: Driven) => one.said.filter(({ wake }) => wake !== undefined).length
    processes[1]!.tell('append n x')
    for (const one of [processes[0]!, processes[2]!]) await one.says(({ wake }) => wake === 'changed')
    processes[0]!.kill()
    await processes[0]!.ended
    const before = woken(processes[2]!)
    // They are told that they may have missed something, and go on.
    for (const one of processes.slice(1)) await one.says(({ wake }) => wake === 'discontinuity')
    for (;;) {
      processes[1]!.tell('append n y')
      await processes[1]!.says(({ kind }) => kind === 'appended')
      if (woken(processes[2]!) > before + 1) break
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  })

  it('keeps the order of what several write to one channel', async () => {
    const path = folder()
    const store = await open(path, true)
    const other = new Driven(path, true)
    await other.says(({ open }) => open === true)
    const config = { contentType: 'text/plain', evictable: false, retain: { messages: null, bytes: null, ageMs: null } }
    const stored = () => other.said.filter(({ kind }) => kind === 'appended').length
    for (let round = 0; round < 3; round++) {
      await store.append('n', [{ data: Buffer.from(`here ${round}`) }], { create: config })
      other.tell(`append n there${round}`)
      await other.says(() => stored() === round + 1)
    }
    const expected = [0, 1, 2].flatMap((round) => [`here ${round}`, `there${round}`])
    expect(await textsOf(store, 'n')).toEqual(expected)
  })
})

describe('promise 3: a folder that was put back', () => {
  it('announces what it lacks, however it grows afterwards', async () => {
    const [path, copy] = [folder(), folder()]
    const config = { contentType: 'text/plain', evictable: false, retain: { messages: null, bytes: null, ageMs: null } }
    const store = await open(path)
    const append = async (to: Store, text: string) => {
      const result = await to.append('n', [{ data: Buffer.from(text) }], { create: config })
      return result.kind === 'appended' ? result.next : ''
    }
    await append(store, '1')
    await backup(path, copy)
    const held = [await append(store, '2'), await append(store, '3')]
    await store.close()
    const restored = folder()
    cpSync(copy, restored, { recursive: true })
    const old = await open(restored)
    expect(await textsOf(old, 'n')).toEqual(['1'])
    for (const offset of held) {
      expect(await old.read('n', { kind: 'at', offset }, everything)).toMatchObject({ kind: 'gap', reason: 'reset' })
      await append(old, 'other')
      expect(await old.read('n', { kind: 'at', offset }, everything)).toMatchObject({ kind: 'gap', reason: 'reset' })
    }
  })

  it('holds a beginning of every channel, whole, also while another process writes', async () => {
    const path = folder()
    const writer = new Driven(path)
    await writer.says(({ open }) => open === true)
    writer.tell('write p 0')
    await writer.says(({ seq = -1 }) => seq > 20)
    const before = Math.max(...writer.said.map(({ seq = -1 }) => seq))
    const copy = folder()
    await backup(path, copy)
    await writer.says(({ seq = -1 }) => seq > before + 20)
    const store = await open(copy)
    const [a, b] = [await textsOf(store, 'a'), await textsOf(store, 'b')]
    expect(a.length).toBeGreaterThan(before)
    expect(b).toEqual(a)
    expect(a).toEqual(Array.from({ length: a.length }, (_, seq) => `p ${seq}`))
  })
})
