/** What 100,000 channels take in the memory of a node, over each store: stored, and read. */
import { readFileSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { WebSocket } from 'ws'
import { engines, storeNames, storesOf } from '../servers/engines.mjs'
import { start } from '../servers/start.mjs'
import { number, table } from '../table.mjs'

/** Of one connection. */
const perReader = 1_000

/** @typedef {import('../servers/engines.mjs').StoreKey} StoreKey */

/** @param {{ channels: number, only?: Set<string> }} options */
export async function storeMemory({ only, channels }) {
  /** @type {string[][]} */
  const lines = []
  for (const key of storesOf(only)) {
    const engine = await engines[key]()
    const server = await start('stored', { args: [engine.store, '0', `${channels}`], flags: ['--expose-gc'] })
    const [before, engineBefore] = [await server.ask('rss'), residentOf(engine.pid)]
    await server.ask('fill')
    const [stored, engineStored] = [await settled(server), residentOf(engine.pid)]
    const readers = await readAll(server.port, channels)
    const read = await settled(server)
    for (const reader of readers) reader.terminate()
    await server.stop()
    await engine.stop()
    const kib = (/** @type {number} */ bytes) => number(Math.max(0, bytes) / channels / 1_024)
    const beside = engine.pid === undefined ? '–' : kib(engineStored - engineBefore)
    lines.push([storeNames[key], kib(stored - before), beside, kib(read - stored), number((read - before) / 2 ** 20)])
  }
  const note = `Resident memory that ${channels} channels add, each with one message of 128 bytes, divided by their number, in KiB: after they were published, in the node and in the engine's process; and once each has a reader, ${perReader} on one connection of \`anywire.v1\`. The last column is all of it in the node, in MiB. What the disk store maps of its file is not counted.`
  return table('Memory of channels', note, ['store', 'stored: KiB', 'engine: KiB', 'read: KiB', 'all: MiB'], lines)
}

/** @param {import('../servers/start.mjs').Running} server */
async function settled(server) {
  await wait(2_000)
  return server.ask('rss')
}

/** @param {number | undefined} pid */
function residentOf(pid) {
  if (pid === undefined) return 0
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1_024
}

/** @param {number} port @param {number} channels @returns {Promise<WebSocket[]>} */
async function readAll(port, channels) {
  const readers = []
  for (let from = 0; from < channels; from += perReader) {
    const reader = new WebSocket(`ws://127.0.0.1:${port}/channels`, 'anywire.v1')
    await new Promise((resolve, reject) => reader.once('open', resolve).once('error', reject))
    const subscriptions = Array.from({ length: perReader }, (_, at) => ({ channel: `c/${from + at}` }))
    let left = perReader
    const all = new Promise((resolve, reject) => {
      reader.on('close', (code, why) => reject(new Error(`A reader was closed with ${code}: ${why}`)))
      reader.on('message', (data) => {
        if (String(data).startsWith('{"type":"error"')) reject(new Error(String(data)))
        if (String(data).startsWith('{"type":"subscribed"') && --left === 0) resolve(undefined)
      })
    })
    reader.send(JSON.stringify({ type: 'subscribe', subscriptions }))
    await all
    reader.removeAllListeners('close')
    readers.push(reader)
  }
  return readers
}
