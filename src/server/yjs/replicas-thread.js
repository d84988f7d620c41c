/** The thread of `replicas.js`: does one request after another. */
import { parentPort } from 'node:worker_threads'
import { merged, Replicas } from './replicas.js'

const replicas = new Replicas()

/** @type {Readonly<Record<string, (...parameters: any[]) => unknown>>} */
const calls = {
  add: (id, updates, complete) => replicas.add(id, updates, complete),
  try: (id, update, limits, full) => replicas.try(id, update, limits, full),
  part: (id, update, limits) => replicas.part(id, update, limits),
  contains: (id, update, limits) => replicas.contains(id, update, limits),
  stateVector: (id) => replicas.stateVector(id),
  forget: (id) => replicas.forget(id),
  merged: (updates) => merged(updates),
}

parentPort?.on('message', ({ number, name, parameters }) => {
  try {
    parentPort?.postMessage({ number, value: calls[name]?.(...parameters) })
  } catch (thrown) {
    parentPort?.postMessage({ number, thrown: thrown instanceof Error ? thrown : new Error(String(thrown)) })
  }
})
