/** Appends to one store, in a process of its own, and says what an append cost: `node append.mjs bare|disk <channels> <appends>`. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { disk } from 'anywire/store/disk'
import { open } from 'lmdb'
import { all, config, data, inFlight } from './appends.mjs'

const [which = '', channels = '', appends = ''] = process.argv.slice(2)

/**
 * @typedef {{ append: (channel: number) => Promise<unknown>, close: () => Promise<unknown> }} Appended
 * @type {Record<string, (path: string) => Promise<Appended>>}
 */
const stores = { bare, disk: ours }

/** The naive way: a head and a message for each append, in one transaction for all that waits. @param {string} path */
async function bare(path) {
  const root = open({ path: join(path, 'bare.mdb'), maxDbs: 2, overlappingSync: false, eventTurnBatching: false })
  const messages = root.openDB({ name: 'messages', encoding: 'binary' })
  const heads = root.openDB({ name: 'heads' })
  /** @type {{ channel: string, done: (value: unknown) => void }[]} */
  const waiting = []
  let running = false
  const write = (/** @type {string} */ channel) => {
    const head = heads.get(channel) ?? { number: 0 }
    head.number++
    void messages.put([channel, head.number], data)
    void heads.put(channel, head)
  }
  const run = async () => {
    while (waiting.length > 0) {
      const group = waiting.splice(0, inFlight)
      await root.transaction(() => {
        for (const { channel } of group) write(channel)
      })
      for (const { done } of group) done(undefined)
    }
    running = false
  }
  return {
    append: (/** @type {number} */ number) =>
      new Promise((done) => {
        waiting.push({ channel: `c/${number}`, done })
        if (running) return
        running = true
        queueMicrotask(run)
      }),
    close: () => root.close(),
  }
}

/** @param {string} path */
async function ours(path) {
  const store = await disk({ path })
  return {
    append: (/** @type {number} */ number) => store.append(`c/${number}`, [{ data }], { create: config }),
    close: () => store.close(),
  }
}

const path = mkdtempSync(join(tmpdir(), 'anywire-bench-'))
const store = await stores[which](path)
// Every channel is there before: what is measured is an append, not a creation.
await all(Math.max(Number(channels), 10_000), (index) => store.append(index % Number(channels)))
const before = process.cpuUsage()
const began = performance.now()
await all(Number(appends), (index) => store.append(index % Number(channels)))
const { user, system } = process.cpuUsage(before)
const seconds = (performance.now() - began) / 1_000
await store.close()
rmSync(path, { recursive: true, force: true })
console.log(JSON.stringify({ micros: (user + system) / Number(appends), rate: Number(appends) / seconds }))
