/** What all servers share: publishes come in over one TCP connection, questions about the process over its IPC channel. */
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { messageBytes as usual } from '../message.mjs'

/** Bytes of each message that is published here. */
const messageBytes = Number(process.env.BENCH_MESSAGE_BYTES ?? usual)

/**
 * Listens for readers on a port of the system's choice, and is `ready` then.
 * @param {import('node:net').Server} server
 * @param {(message: Buffer, done: () => void) => void} publish
 * @param {Record<string, () => unknown>} [more] what this server alone can be asked
 */
export function listen(server, publish, more = {}) {
  Object.assign(answers, more)
  server.on('request', () => requests++)
  server.listen({ port: 0, host: '127.0.0.1', backlog: 1024 }, () => ready(portOf(server), publish))
}

/** @param {import('node:net').Server} server */
function portOf(server) {
  const address = server.address()
  return typeof address === 'object' && address ? address.port : 0
}

/**
 * Says to the parent that the server is ready, and hands over what is published; acknowledgements of one turn leave in one write, one byte each.
 * @param {number} port where readers connect
 * @param {(message: Buffer, done: () => void) => void} publish
 */
export function ready(port, publish) {
  const control = createServer({ noDelay: true }, (socket) => {
    let held = Buffer.alloc(0)
    let done = 0
    const acknowledge = () => {
      socket.write(Buffer.alloc(done, '.'))
      done = 0
    }
    const finished = () => {
      if (done++ === 0) setImmediate(acknowledge)
    }
    socket.on('data', (chunk) => {
      const bytes = held.length === 0 ? chunk : Buffer.concat([held, chunk])
      let at = 0
      for (; at + messageBytes <= bytes.length; at += messageBytes) {
        publish(Buffer.from(bytes.subarray(at, at + messageBytes)), finished)
      }
      held = Buffer.from(bytes.subarray(at))
    })
    socket.on('error', () => undefined)
  })
  control.listen(0, '127.0.0.1', () => {
    process.send?.({ ready: true, port, control: portOf(control) })
  })
}

let requests = 0
const delay = monitorEventLoopDelay({ resolution: 1 })

/** @type {Record<string, () => unknown>} */
const answers = {
  cpu() {
    const { user, system } = process.cpuUsage()
    return user + system
  },
  /** HTTP requests so far, of servers that let others hear of them. */
  requests: () => requests,
  rss() {
    for (let time = 0; time < 3; time++) globalThis.gc?.()
    return process.memoryUsage.rss()
  },
  watchLoop() {
    delay.reset()
    watchCpu()
    return delay.enable()
  },
  /** In milliseconds: by the clock, and of CPU, since on a busy machine others take turns in the middle. */
  longestBlock() {
    delay.disable()
    clearInterval(watcher)
    return { wallMs: delay.max / 1e6, cpuMs: longestCpuMs ?? delay.max / 1e6 }
  },
  stop() {
    setImmediate(() => process.exit(0))
    return true
  },
}

/** @type {NodeJS.Timeout | undefined} */
let watcher
/** The most CPU that this thread has used between two looks a millisecond apart. @type {number | undefined} */
let longestCpuMs

function watchCpu() {
  longestCpuMs = undefined
  let before = onCpuMs()
  clearInterval(watcher)
  watcher = setInterval(() => {
    const now = onCpuMs()
    if (now === undefined || before === undefined) return
    longestCpuMs = Math.max(longestCpuMs ?? 0, now - before)
    before = now
  }, 1)
}

/** How long the main thread has been on a CPU, on Linux. */
function onCpuMs() {
  try {
    return Number(readFileSync('/proc/self/schedstat', 'latin1').split(' ')[0]) / 1e6
  } catch {
    return undefined
  }
}

process.on('message', async (/** @type {{ id: number, ask: string }} */ { id, ask }) => {
  process.send?.({ id, answer: await answers[ask]?.() })
})
process.on('disconnect', () => process.exit(0))
