/** With a channel to publish to: how long a message takes over each transport, and whether it comes once. */

import { randomUUID } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { at } from '../../protocol/at.js'
import { collapses, withQuery } from './caches.js'
import { type Answer, ask, type Body, errorOf, type Patient, Silent, seconds } from './exchange.js'
import { broken, type Finding, ms, note, ok } from './finding.js'
import type { Line } from './sockets.js'
import type { StreamForm } from './streams.js'

/** Somebody who reads the channel. */
interface Reader {
  readonly name: string
  /** How often a text has come. */
  count(text: string): number
  /** Whether it came in time. */
  has(text: string, ms: number): Promise<boolean>
}

export function streamReader(name: string, body: Body): Reader {
  const count = (text: string) => body.text.split(text).length - 1
  return { name, count, has: (text, ms) => body.until(() => count(text) > 0, ms) }
}

export function lineReader(name: string, line: Line): Reader {
  const count = (text: string) =>
    JSON.stringify(line.frames.filter(({ type }) => type === 'messages')).split(text).length - 1
  return { name, count, has: (text, ms) => line.until(() => count(text) > 0, ms) }
}

const messages = 5
const padding = 4_096
const mostPadding = 16

/**
 * Publishes a few messages, one after the other, and follows each over all transports; and some more, to those streams
 * that were `silent`.
 */
export async function deliveries(
  patient: Patient,
  channel: URL,
  type: string,
  readers: readonly Reader[],
  silent: readonly StreamForm[],
): Promise<Finding[]> {
  const run = randomUUID().slice(0, 8)
  const say = (text: string) => publish(patient, channel, type, text)
  const timed = readers.map((reader) => ({ reader, delays: [] as number[] }))
  const offsets: string[] = []
  for (let n = 1; n <= messages; n++) {
    const text = `anywire doctor ${run} ${n}.`
    const start = performance.now()
    const [published] = await Promise.all([
      say(text),
      ...timed.map(async ({ reader, delays }) => {
        if (await reader.has(text, patient.patienceMs)) delays.push(performance.now() - start)
      }),
    ])
    if ('refused' in published) return [published.refused]
    offsets.push(published.offset)
  }
  const found: Finding[] = []
  for (const { reader, delays } of timed) found.push(await judged(patient, reader, delays, run, say))
  for (const form of silent) found.push(await begins(patient, form, say))
  found.push(await polled(patient, channel, `anywire doctor ${run} poll.`, say))
  found.push(await current(patient, channel, at(offsets, -1)))
  found.push(await collapses(patient, channel, at(offsets, -2)))
  return found
}

type Say = (text: string) => Promise<{ offset: string } | { refused: Finding }>

async function judged(
  patient: Patient,
  reader: Reader,
  delays: readonly number[],
  run: string,
  say: Say,
): Promise<Finding> {
  const name = `messages, ${reader.name}`
  if (delays.length < messages) return broken(name, 'buffered', await held(patient, reader, delays.length, run, say))
  for (let n = 1; n <= messages; n++) {
    const times = reader.count(`anywire doctor ${run} ${n}.`)
    if (times > 1) return broken(name, 'repeated', `Message ${n} came ${times} times.`, { times })
  }
  const medianMs = at(
    delays.toSorted((a, b) => a - b),
    messages >> 1,
  )
  const sentence = `Each took ${ms(medianMs)} from publish to arrival.`
  const roundTripMs = await roundTrip(patient)
  // What waits for a timer of a proxy is late every time; what waits for a busy machine is not.
  if (Math.min(...delays) > roundTripMs + 120)
    return broken(
      name,
      'late',
      `${sentence} A request takes ${ms(roundTripMs)}: something on the way holds back each write.`,
      {
        medianMs,
        roundTripMs,
      },
    )
  return ok(name, sentence, { medianMs, roundTripMs })
}

/** How many bytes it takes until the next message comes. */
async function held(patient: Patient, reader: Reader, came: number, run: string, say: Say): Promise<string> {
  const next = `anywire doctor ${run} ${came + 1}.`
  const bytes = await filled(say, () => reader.has(next, 200))
  const sentence = `${came} of ${messages} messages came within ${seconds(patient.patienceMs)} each`
  return `${sentence}, the next ${amount(bytes)}: something on the way buffers.`
}

/** How many bytes it takes until a stream begins that did not. */
async function begins(patient: Patient, form: StreamForm, say: Say): Promise<Finding> {
  let begun = false
  const headers = { accept: 'text/event-stream', ...form.asked.headers }
  const opening = ask(patient, form.url, { ...form.asked, headers }, mostPadding * 1_000).then(
    async ({ body }) => {
      begun = await body.until(({ text }) => form.opening.test(text), mostPadding * 1_000)
      body.close()
    },
    () => undefined,
  )
  const bytes = await filled(say, async () => {
    await Promise.race([opening, wait(200)])
    return begun
  })
  return broken(`messages, ${form.name}`, 'buffered', `Begins ${amount(bytes)}: something on the way buffers.`, {
    bytes: bytes ?? 0,
  })
}

/** Publishes until something comes, and answers how much that was; undefined if it was not enough. */
async function filled(say: Say, came: () => Promise<boolean>): Promise<number | undefined> {
  for (let n = 1; n <= mostPadding; n++) {
    await say('anywire doctor '.padEnd(padding, '.'))
    if (await came()) return n * padding
  }
  return undefined
}

function amount(bytes: number | undefined): string {
  if (bytes === undefined) return `not even when ${(mostPadding * padding) / 1_024} KiB had been published`
  return `when about ${bytes / 1_024} KiB had been published`
}

/** Of several polls each must be answered by the one message that comes. */
async function polled(patient: Patient, channel: URL, text: string, say: Say): Promise<Finding> {
  const name = 'messages, polls'
  const start = performance.now()
  const waiting = ['live=long-poll&offset=now', 'live=poll', 'live=poll'].map((query) =>
    ask(patient, withQuery(channel, query), {}, patient.patienceMs * 2).then(
      async (answer) =>
        (await answer.body.until(({ text: body }) => body.includes(text), 1_000)) ? answer : undefined,
      (thrown) => {
        if (thrown instanceof Silent) return undefined
        throw thrown
      },
    ),
  )
  await wait(Math.min(1_000, patient.patienceMs / 2))
  const published = performance.now()
  await say(text)
  const answers = (await Promise.all(waiting)).filter((answer) => answer !== undefined)
  const took = performance.now() - published
  if (answers.length < waiting.length)
    return broken(
      name,
      'locked',
      `${waiting.length - answers.length} of ${waiting.length} polls were not answered within ` +
        `${seconds(performance.now() - start)}: a cache makes them wait for one another.`,
    )
  return ok(name, `All were answered within ${ms(took)} of a publish.`, { took })
}

/** Where the log ends is never behind what was published. */
async function current(patient: Patient, channel: URL, offset: string): Promise<Finding> {
  const answer = await ask(patient, withQuery(channel, 'offset=now'))
  answer.body.close()
  const head = String(answer.headers['stream-next-offset'] ?? '')
  if (head >= offset) return ok('the newest position', 'Is what was published last.')
  return broken('the newest position', 'stale', `Is said to be ${head}, but ${offset} was published: a cache answers.`)
}

async function publish(patient: Patient, channel: URL, type: string, text: string): ReturnType<Say> {
  const body = /json/.test(type) ? JSON.stringify(text) : text
  const answer: Answer = await ask(
    patient,
    channel,
    { method: 'POST', headers: { 'content-type': type }, body },
    10_000,
  )
  if (answer.status < 300) {
    answer.body.close()
    return { offset: String(answer.headers['stream-next-offset'] ?? '') }
  }
  const error = await errorOf(answer)
  const why = error ? error.message : 'something on the way refuses a POST.'
  const say = error ? note : (name: string, sentence: string) => broken(name, undefined, sentence)
  return { refused: say('messages', `A publish is answered ${answer.status}: ${why}`) }
}

async function roundTrip(patient: Patient): Promise<number> {
  const start = performance.now()
  const headers = { 'content-type': 'application/json' }
  const { body } = await ask(patient, patient.base, { method: 'POST', headers, body: '{"publish":[]}' }, 10_000)
  await body.until(({ over }) => over, 2_000)
  return performance.now() - start
}
