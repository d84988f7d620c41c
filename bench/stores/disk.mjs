/** Appends to a folder: by a bare loop over lmdb, and by ours. */
import { join } from 'node:path'
import { disk } from 'anywire/store/disk'
import { open } from 'lmdb'
import { config, data, inFlight } from './appends.mjs'

/** The naive way: a head and a message for each append, in one transaction for all that waits. @param {string} path */
export async function bare(path) {
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
export async function ours(path) {
  const store = await disk({ path })
  return {
    append: (/** @type {number} */ number) => store.append(`c/${number}`, [{ data }], { create: config }),
    close: () => store.close(),
  }
}
