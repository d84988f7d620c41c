/** Time from a killed transport to the next message, beside other clients under the same faults. */
import { setTimeout as wait } from 'node:timers/promises'
import { median, number, table, verdict } from '../table.mjs'
import { products } from './products.mjs'
import { asideMs, runRow, World, warmUp } from './round.mjs'
import { rows } from './rows.mjs'
import { everyMs } from './servers/ticking.mjs'

/** @typedef {import('./trial.mjs').Outcome} Outcome */

/** @param {{ times: number, quick: boolean, only?: Set<string>, seed?: number }} options */
export async function recovery({ times, quick, only, seed = Math.floor(Math.random() * 2 ** 32) }) {
  const columns = Object.entries(products).flatMap(([key, product]) => (!only || only.has(key) ? [product] : []))
  const all = rows(quick)
  const [world, asideWorld] = await Promise.all([new World().start(), new World().start()])
  const options = (/** @type {number} */ row) => ({ products: columns, times, seed: seed + row })
  try {
    await warmUp(world, columns)
    /** @type {(Promise<Outcome[][]> | undefined)[]} */
    const aside = []
    for (const [at, row] of all.entries()) {
      if (!row.aside) continue
      aside[at] = runRow(row, { world: asideWorld, ...options(at) })
      // Once all of them wait, they are no load for those who are measured next.
      await wait(times * asideMs + 2_000)
    }
    /** @type {Outcome[][][]} */
    const results = []
    for (const [at, row] of all.entries()) {
      results.push(await (aside[at] ?? runRow(row, { world, ...options(at) })))
    }
    return spell(all, columns, results, times, seed)
  } finally {
    await Promise.all([world.end(), asideWorld.end()])
  }
}

/** Who gave up, and with which words. @param {import('./rows.mjs').Row} row @param {import('./products.mjs').Product} product @param {Outcome[]} outcomes */
function failed(row, product, outcomes) {
  const said = outcomes.flatMap(({ failure }) => failure ?? [])
  const words = said[0]?.replace(/ at http:.*"code":"([^"]*)".*/, ', $1')
  return words === undefined ? [] : [`- ${row.name}: ${product.name} gave up ${said.length} times: ${words}`]
}

/** @param {import('./rows.mjs').Row[]} all @param {import('./products.mjs').Product[]} columns @param {Outcome[][][]} results @param {number} times @param {number} seed */
function spell(all, columns, results, times, seed) {
  const note = `Milliseconds from the end of the fault to the next message on a new connection, median / p99; from opening the client to its first message where a WebSocket fails at the start. Then the messages lost / doubled, all repetitions together. A message is published every ${everyMs} ms, and the fault comes at a moment of chance; each client stands behind a fault proxy of its own and all meet the fault together, ${times} times (seed ${seed}). All have their defaults, Socket.IO with connection state recovery, durable-streams reads Anywire's durable form. A time with > is where waiting ended: for silence after 60 s, at each product's own heartbeats. Goal: first in the row.`
  const heads = ['fault', ...columns.map(({ name }) => name), 'goal']
  const lines = all.map((row, at) => [
    row.name,
    ...results[at].map((outcomes) => cell(outcomes, row)),
    goal(columns, results[at]),
  ])
  const failures = all.flatMap((row, at) =>
    columns.flatMap((product, column) => failed(row, product, results[at][column])),
  )
  return [table('Recovery', note, heads, lines), ...failures, ''].join('\n')
}

/** @param {Outcome[]} outcomes @param {import('./rows.mjs').Row} row */
function cell(outcomes, { boundMs }) {
  const times = outcomes.map(({ ms }) => ms)
  const spelt = (/** @type {number} */ ms) => (ms === Number.POSITIVE_INFINITY ? `> ${boundMs}` : number(ms))
  const sum = (/** @type {'lost' | 'doubled'} */ what) => outcomes.reduce((total, outcome) => total + outcome[what], 0)
  return `${spelt(median(times))} / ${spelt(percentile99(times))}; ${sum('lost')} / ${sum('doubled')}`
}

/** @param {import('./products.mjs').Product[]} columns @param {Outcome[][]} results */
function goal(columns, results) {
  const ours = columns.findIndex((product) => product.ours)
  if (ours < 0) return ''
  const first = (/** @type {(times: number[]) => number} */ of) => {
    const values = results.map((outcomes) => of(outcomes.map(({ ms }) => ms)))
    return values.every((value, column) => column === ours || values[ours] < value)
  }
  return `${verdict('median first', first(median))}; ${verdict('p99 first', first(percentile99))}`
}

/** The nearest rank. @param {number[]} values */
function percentile99(values) {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.ceil(sorted.length * 0.99) - 1]
}
