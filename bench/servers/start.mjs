/** Starts a server in a process of its own, asks it things, and ends it by its pid. */
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** @typedef {{ port: number, control: number, ask: (what: string) => Promise<number>, stop: () => Promise<void> }} Running */

/**
 * @param {string} name of a file in this folder
 * @param {{ runtime?: string, flags?: string[], args?: string[], env?: Record<string, string> }} [options]
 * @returns {Promise<Running>}
 */
export async function start(name, { runtime = process.execPath, flags = [], args = [], env = {} } = {}) {
  const file = fileURLToPath(new URL(`${name}.mjs`, import.meta.url))
  const child = spawn(runtime, [...flags, file, ...args], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    serialization: 'json',
    env: { ...process.env, ...env },
  })
  const exited = new Promise((resolve) => child.once('exit', resolve))
  /** @type {Map<number, (answer: number) => void>} */
  const asked = new Map()
  let ids = 0
  const ask = (/** @type {string} */ what) =>
    /** @type {Promise<number>} */ (
      new Promise((resolve, reject) => {
        if (!child.connected) return reject(new Error(`The server "${name}" has ended: see its output above.`))
        const id = ++ids
        asked.set(id, resolve)
        child.send({ id, ask: what })
      })
    )
  const stop = async () => {
    const late = setTimeout(() => child.kill('SIGKILL'), 3_000)
    ask('stop').catch(() => undefined)
    await exited
    clearTimeout(late)
  }
  return new Promise((resolve, reject) => {
    exited.then((code) => reject(new Error(`The server "${name}" ended with ${code} before it was ready.`)))
    child.on('message', (/** @type {any} */ message) => {
      if (message.ready) return resolve({ port: message.port, control: message.control, ask, stop })
      asked.get(message.id)?.(message.answer)
      asked.delete(message.id)
    })
  })
}
