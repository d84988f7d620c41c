/** `npm run bench`: runs the parts one after another and prints their tables. */
import { writeFileSync } from 'node:fs'
import { cpus, release } from 'node:os'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { block } from './parts/block.mjs'
import { compression } from './parts/compression.mjs'
import { disk } from './parts/disk.mjs'
import { edge } from './parts/edge.mjs'
import { fanOut } from './parts/fan-out.mjs'
import { handshake } from './parts/handshake.mjs'
import { http2 } from './parts/http2.mjs'
import { memory } from './parts/memory.mjs'
import { metrics } from './parts/metrics.mjs'
import { nats } from './parts/nats.mjs'
import { oneAtATime } from './parts/one-at-a-time.mjs'
import { pages } from './parts/pages.mjs'
import { presence } from './parts/presence.mjs'
import { redis } from './parts/redis.mjs'
import { requests } from './parts/requests.mjs'
import { rolling } from './parts/rolling.mjs'
import { slow } from './parts/slow.mjs'
import { storeCatchUp } from './parts/store-catch-up.mjs'
import { storeDelivery } from './parts/store-delivery.mjs'
import { storeFanOut } from './parts/store-fan-out.mjs'
import { storeMemory } from './parts/store-memory.mjs'
import { tokens } from './parts/tokens.mjs'
import { workers } from './parts/workers.mjs'
import { addBefore } from './peers.mjs'
import { recovery } from './recovery/recovery.mjs'
import { switching } from './switch/switch.mjs'

const usage = `npm run bench -- [--quick] [--out file.md] [--switch] [--part fan-out,one-at-a-time,memory,slow,handshake,requests,block,recovery,switch,compression,edge,http2,pages,presence,tokens,disk,redis,nats,metrics,store-fan-out,store-delivery,store-catch-up,store-memory,workers,rolling] [--only bare,joining,ws,…] [--before folder] [--profile folder]

  --quick    a short run of less than a minute: the shape of the tables, not their figures
  --out      write the tables to a file too
  --switch   only the part of that name: from one transport to another
  --part     only these parts
  --only     only these rows (the keys of peers.mjs; columns of recovery/products.mjs; of store-…: memory, disk, redis, nats)
  --before   our rows of fan-out, one-at-a-time, memory, slow, handshake, requests and block once more, of an earlier checkout that is built: key-before
  --profile  have every Node server write a CPU profile into the folder`

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    out: { type: 'string' },
    switch: { type: 'boolean', default: false },
    part: { type: 'string' },
    only: { type: 'string' },
    before: { type: 'string' },
    profile: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
})
if (values.help) {
  console.log(usage)
  process.exit(0)
}

const { quick } = values
/** npm starts this in its own folder: paths are meant from where the user stands. */
const from = (/** @type {string} */ path) => resolve(process.env.INIT_CWD ?? '.', path)
if (values.before) addBefore(from(values.before))
const common = {
  only: values.only ? new Set(values.only.split(',')) : undefined,
  flags: values.profile ? ['--cpu-prof', '--cpu-prof-dir', from(values.profile)] : [],
}

/** @type {Record<string, () => Promise<string>>} */
const parts = {
  'fan-out': () =>
    fanOut({
      ...common,
      subscribers: 1_000,
      rounds: quick ? 1 : 5,
      pacedMs: quick ? 500 : 1_500,
      saturatedMs: quick ? 400 : 800,
    }),
  'one-at-a-time': () => oneAtATime({ ...common, subscribers: 1_000, messages: quick ? 5 : 20, rounds: quick ? 2 : 9 }),
  memory: () => memory({ ...common, connections: quick ? 2_000 : 5_000, rounds: quick ? 1 : 3 }),
  slow: () => slow({ ...common, subscribers: 500, stopped: 50, stopMs: quick ? 1_000 : 8_000, rounds: quick ? 1 : 3 }),
  handshake: () => handshake({ ...common, connections: quick ? 1_000 : 2_000, rounds: quick ? 2 : 5 }),
  requests: () =>
    requests({ ...common, requests: quick ? 1_000 : 4_000, streams: quick ? 500 : 1_000, rounds: quick ? 2 : 9 }),
  block: () => block({ ...common, connections: 10_000, publishes: quick ? 3 : 10, idleMs: quick ? 500 : 2_000 }),
  compression: () => compression({ subscribers: quick ? 200 : 1_000, rounds: quick ? 5 : 20, repeats: quick ? 1 : 3 }),
  edge: () => edge({ ...common, readers: 1_000, messages: quick ? 3 : 20 }),
  http2: () => http2({ ...common, subscribers: 500, rounds: quick ? 1 : 5, pacedMs: quick ? 500 : 1_500 }),
  pages: () => pages({ ...common, rounds: quick ? 2 : 9 }),
  presence: () => presence({ ...common, members: quick ? 2_000 : 10_000, rounds: quick ? 1 : 3 }),
  tokens: () => tokens({ ...common, rounds: quick ? 2 : 9 }),
  disk: () => disk({ ...common, appends: quick ? 20_000 : 100_000, rounds: quick ? 1 : 5 }),
  redis: () => redis({ ...common, appends: quick ? 20_000 : 100_000, rounds: quick ? 1 : 5 }),
  nats: () => nats({ ...common, appends: quick ? 10_000 : 50_000, rounds: quick ? 1 : 5 }),
  metrics: () => metrics({ readers: 1_000, messages: quick ? 200 : 10_000, rounds: quick ? 3 : 11 }),
  'store-fan-out': () =>
    storeFanOut({ ...common, subscribers: 1_000, rounds: quick ? 1 : 7, pacedMs: quick ? 500 : 1_500 }),
  'store-delivery': () => storeDelivery({ ...common, rounds: quick ? 1 : 5, pacedMs: quick ? 500 : 2_000 }),
  'store-catch-up': () => storeCatchUp({ ...common, messages: quick ? 20_000 : 1_000_000, rounds: quick ? 1 : 3 }),
  'store-memory': () => storeMemory({ ...common, channels: quick ? 2_000 : 100_000 }),
  workers: () =>
    workers({
      ...common,
      requests: quick ? 1_000 : 4_000,
      messages: quick ? 10 : 50,
      subscribers: quick ? 200 : 1_000,
      rounds: quick ? 2 : 7,
    }),
  rolling: () =>
    rolling(
      quick
        ? { streams: 150, polls: 50, clients: 100, perSecond: 50 }
        : { streams: 3_000, polls: 500, clients: 1_500, perSecond: 100 },
    ),
  recovery: () => recovery({ ...common, times: quick ? 2 : 30, quick }),
  switch: () => switching({ times: quick ? 2 : 15 }),
}

const asked = values.switch ? ['switch'] : (values.part?.split(',') ?? Object.keys(parts))
const unknown = asked.find((part) => !parts[part])
if (unknown !== undefined) {
  console.error(`There is no part "${unknown}": use ${Object.keys(parts).join(', ')}.`)
  process.exit(1)
}

const machine = `Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model.trim()}, Linux ${release()}, loopback, ${new Date().toISOString().slice(0, 10)}.`
const tables = [`# Anywire, measured beside its peers\n\n${machine}${quick ? ' A quick run: trust a full one.' : ''}\n`]
console.log(tables[0])
for (const part of asked) {
  const spelt = await parts[part]()
  console.log(spelt)
  tables.push(spelt)
}
if (values.out) writeFileSync(from(values.out), tables.join('\n'))
