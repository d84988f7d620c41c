/** The examination: what is asked in which order, and what follows from it. */
import type { IncomingHttpHeaders } from 'node:http'
import { unreachable } from '../greeting.js'
import { keeps, standApart, withQuery } from './caches.js'
import { deliveries, lineReader, streamReader } from './delivery.js'
import { type Answer, ask, errorOf, type Patient, Silent, seconds } from './exchange.js'
import { broken, type Finding, ms, note, ok } from './finding.js'
import { type Front, frontOf } from './mend.js'
import { type OpenedLine, openLine, stayUp } from './sockets.js'
import { facts, type Opened, openStream, refused, type StreamForm, stayOpen } from './streams.js'
import { versions } from './versions.js'

export interface Examination extends Patient {
  /** The URL of the channel that is read. */
  readonly channel: URL
  readonly channelName: string
  /** Publish to it. */
  readonly publish: boolean
  /** How long silence is kept at most; undefined for one heartbeat. */
  readonly idleMs: number | undefined
}

export interface Report {
  readonly url: string
  readonly front: Front
  readonly findings: readonly Finding[]
}

const defaultHeartbeatMs = 20_000
/** The hub answers an empty poll after so long, unless `limits.pollMs` says otherwise. */
const pollMs = 15_000

export async function examine(examination: Examination): Promise<Report> {
  const report = (findings: readonly Finding[], headers: IncomingHttpHeaders = {}) => ({
    url: examination.base.href,
    front: frontOf(headers),
    findings,
  })
  let answer: Answer
  try {
    answer = await ask(examination, withQuery(examination.channel, 'offset=now'), {}, 10_000)
  } catch (thrown) {
    const why = thrown instanceof Silent ? thrown.message : unreachable(examination.base, thrown).message
    return report([broken('request', undefined, why)])
  }
  const reached = await reachedBy(answer)
  if (reached.state === 'broken') return report([reached], answer.headers)
  return report([reached, ...(await transports(examination, answer))], answer.headers)
}

async function reachedBy(answer: Answer): Promise<Finding> {
  const { status, headers, connectMs, firstByteMs, httpVersion } = answer
  if (headers['stream-next-offset'] === undefined) return refused('request', answer)
  const sentence = `Answered ${status} after ${ms(firstByteMs)} (connect ${ms(connectMs)}), HTTP/${httpVersion}.`
  return ok('request', sentence, facts(answer))
}

async function transports(examination: Examination, reached: Answer): Promise<Finding[]> {
  const readable = reached.status === 200
  const { streams, frames, socket, others } = await openAll(examination, reached, readable)
  const messages = await delivered(examination, reached, streams, socket)
  const idle = await silence(examination, heartbeatOf(frames, socket), streams, socket, readable)
  for (const { answer } of streams) answer?.body.close()
  socket.line?.socket.terminate()
  // What silence has shown of a transport stands in place of what its opening had.
  const first = [...streams, socket].map(({ finding }) => finding)
  const whole = first.map((one) => idle.broken.find(({ name }) => name === one.name) ?? one)
  return [...whole, ...idle.others, ...others, ...messages, clock(frames, socket)]
}

interface Open {
  readonly streams: readonly Opened[]
  readonly frames: Opened
  readonly socket: OpenedLine
  /** What else was looked at meanwhile. */
  readonly others: readonly Finding[]
}

/** Every transport at once. The streams and the WebSocket stay open. */
async function openAll(examination: Examination, reached: Answer, readable: boolean): Promise<Open> {
  const plain = readable
    ? attempt('event stream', () => openStream(examination, plainForm(examination)))
    : Promise.resolve(undefined)
  const frames = attempt('anywire.v1 stream', () => openStream(examination, framesForm(examination)))
  const socket = openLine(examination, reached.status === 401)
  const others = await Promise.all([
    found('anywire.v1 batch', () => batchOf(examination)),
    found('HTTP version', () => versions(examination, reached.status === 401)),
    plain.then((one) => (one?.answer ? found('readers apart', async () => [await standApart(examination, one)]) : [])),
    readable ? found('what nobody may keep', async () => [await keeps(examination, examination.channel)]) : [],
  ])
  const opened = [await plain, await frames].filter((one) => one !== undefined)
  return { streams: opened, frames: await frames, socket: await socket, others: others.flat() }
}

function plainForm({ channel }: Examination): StreamForm {
  return { name: 'event stream', url: channel, asked: {}, opening: /^retry:/m }
}

function framesForm({ base, channelName }: Examination): StreamForm {
  const body = JSON.stringify({ subscribe: [{ channel: channelName }] })
  const asked = { method: 'POST', headers: { 'content-type': 'application/json' }, body }
  return { name: 'anywire.v1 stream', url: base, asked, opening: /"type":"(subscribed|error)"/ }
}

async function batchOf({ base, channelName, ...patient }: Examination): Promise<Finding[]> {
  const name = 'anywire.v1 batch'
  const body = JSON.stringify({ subscribe: [{ channel: channelName, offset: 'now' }] })
  const headers = { 'content-type': 'application/json', accept: 'application/json' }
  const answer = await ask({ ...patient, base }, base, { method: 'POST', headers, body })
  if (answer.status !== 200) return [await refused(name, answer)]
  const whole = await answer.body.until(({ text }) => /^\[[\s\S]*\]$/.test(text), patient.patienceMs)
  if (!whole) return [broken(name, 'buffered', `Its answer did not come within ${seconds(patient.patienceMs)}.`)]
  return [ok(name, `Answered after ${ms(answer.firstByteMs)}.`, facts(answer))]
}

async function delivered(
  examination: Examination,
  reached: Answer,
  streams: readonly Opened[],
  { line }: OpenedLine,
): Promise<Finding[]> {
  if (!examination.publish) return [note('messages', 'Not looked at: name a channel to publish to with --channel.')]
  if (reached.status !== 200) return []
  const readers = streams.flatMap((one) => (one.answer ? [streamReader(one.form.name, one.answer.body)] : []))
  if (line) {
    line.socket.send(JSON.stringify({ type: 'subscribe', subscriptions: [{ channel: examination.channelName }] }))
    if (await line.frame('subscribed', examination.patienceMs)) readers.push(lineReader('WebSocket', line))
  }
  const type = reached.headers['content-type'] ?? 'application/json'
  const isSilent = streams.some(({ finding }) => finding.name === 'event stream' && finding.fault === 'buffered')
  const silent = isSilent ? [plainForm(examination)] : []
  return found('messages', () => deliveries(examination, examination.channel, type, readers, silent))
}

/** Everything that is open is left alone for as long as a heartbeat takes. */
async function silence(
  { idleMs, channel, ...patient }: Examination,
  heartbeatMs: number,
  streams: readonly Opened[],
  { line }: OpenedLine,
  readable: boolean,
): Promise<{ broken: Finding[]; others: Finding[] }> {
  const boundMs = idleMs ?? heartbeatMs + 2_000
  if (boundMs === 0) return { broken: [], others: [note('silence', 'Not looked at (--idle 0).')] }
  const [poll, ...ended] = await Promise.all([
    readable ? found('long poll', () => waited(patient, channel, boundMs)) : [],
    line && stayUp(line, heartbeatMs, boundMs),
    ...streams.map((one) => one.answer && stayOpen(one, heartbeatMs, boundMs)),
  ])
  const faults = ended.filter((one) => one !== undefined)
  const others = [...poll]
  if (faults.length === 0) others.push(ok('silence', kept(boundMs, heartbeatMs), { boundMs, heartbeatMs }))
  return { broken: faults, others }
}

function kept(boundMs: number, heartbeatMs: number): string {
  if (boundMs > heartbeatMs) return `Nothing is cut before the hub's heartbeat (every ${seconds(heartbeatMs)}).`
  return (
    `Nothing is cut within ${seconds(boundMs)}; the hub's heartbeat comes every ${seconds(heartbeatMs)}: --idle ` +
    `${Math.ceil(heartbeatMs / 1_000) + 2} shows the rest.`
  )
}

/** A poll that nothing answers, as long as the hub holds it. */
async function waited(patient: Patient, channel: URL, boundMs: number): Promise<Finding[]> {
  const name = 'long poll'
  const start = performance.now()
  try {
    const answer = await ask(
      patient,
      withQuery(channel, 'live=long-poll&offset=now'),
      {},
      Math.min(boundMs, pollMs + 3_000),
    )
    const took = seconds(performance.now() - start)
    if (answer.status === 204 || answer.status === 200)
      return [ok(name, `Waits, and is answered after ${took}.`, facts(answer))]
    const error = await errorOf(answer)
    if (error) return [note(name, `The hub answers ${answer.status}: ${error.message}`)]
    return [
      broken(
        name,
        'idle',
        `Answered ${answer.status} after ${took} by something on the way: its limit is shorter than the hub's ` +
          `wait (${seconds(pollMs)}).`,
      ),
    ]
  } catch (thrown) {
    const took = seconds(performance.now() - start)
    if (thrown instanceof Silent) return [ok(name, `Waits: still open after ${took}.`)]
    return [broken(name, 'idle', `Was cut after ${took}.`)]
  }
}

function heartbeatOf(frames: Opened, { echo }: OpenedLine): number {
  if (echo) return echo.heartbeatMs
  return Number(/"heartbeatMs":(\d+)/.exec(frames.answer?.body.text ?? '')?.[1] ?? defaultHeartbeatMs)
}

/** What the hub's clock is ahead by, from an echo or from the first frame of a stream. */
function clock({ answer }: Opened, { echo }: OpenedLine): Finding {
  const welcomed = Number(/"type":"welcome","version":1,"time":(\d+)/.exec(answer?.body.text ?? '')?.[1])
  const clockMs = echo?.clockMs ?? Math.round(welcomed / 1_000 - (answer?.askedAt ?? 0))
  if (Number.isNaN(clockMs)) return note('clock', 'Not to be seen without a WebSocket or an event stream.')
  const spelt = `The hub's clock is ${ms(Math.abs(clockMs))} ${clockMs < 0 ? 'behind' : 'ahead of'} this machine's`
  if (Math.abs(clockMs) < 60_000) return ok('clock', `${spelt}.`, { clockMs })
  return broken('clock', undefined, `${spelt}: have both follow NTP, or credentials end at the wrong time.`, {
    clockMs,
  })
}

async function attempt(name: string, act: () => Promise<Opened>): Promise<Opened> {
  try {
    return await act()
  } catch (thrown) {
    return {
      form: { name, url: new URL('http://localhost'), asked: {}, opening: /$/ },
      finding: broken(name, undefined, why(thrown)),
    }
  }
}

async function found(name: string, act: () => Promise<Finding[]>): Promise<Finding[]> {
  try {
    return await act()
  } catch (thrown) {
    return [broken(name, thrown instanceof Silent ? 'buffered' : undefined, why(thrown))]
  }
}

function why(thrown: unknown): string {
  return thrown instanceof Error ? `${thrown.message.replace(/\.$/, '')}.` : String(thrown)
}
