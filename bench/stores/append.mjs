/**
 * Appends to one store, in a process of its own, and says what an append cost:
 * `node append.mjs disk|redis|nats bare|ours <where> <channels> <appends> [pid of the server]`.
 */
import { readFileSync } from 'node:fs'
import { all } from './appends.mjs'

const [kind, which = '', where, channels, appends, pid] = process.argv.slice(2)

/**
 * @typedef {{ append: (channel: number) => Promise<unknown>, close: () => Promise<unknown> | void }} Appended
 * @type {Record<string, (where: string) => Promise<Appended>>}
 */
const ways = await import(`./${kind}.mjs`)

/** What the server has worked, in microseconds. */
function served() {
  if (pid === undefined) return 0
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ')
  // User and system time, in hundredths of a second.
  return (Number(fields[11]) + Number(fields[12])) * 10_000
}

const store = await ways[which](where)
const count = Number(appends)
// Every channel is there before: what is measured is an append, not a creation.
await all(Math.max(Number(channels), 10_000), (index) => store.append(index % Number(channels)))
const [before, servedBefore, began] = [process.cpuUsage(), served(), performance.now()]
await all(count, (index) => store.append(index % Number(channels)))
const seconds = (performance.now() - began) / 1_000
const { user, system } = process.cpuUsage(before)
const server = (served() - servedBefore) / count
await store.close()
console.log(JSON.stringify({ micros: (user + system) / count, server, rate: count / seconds }))
