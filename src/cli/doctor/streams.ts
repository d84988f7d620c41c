/** Event streams: whether the first bytes come at once, compression holds them back, or silence ends them. */
import { type Answer, type Asked, ask, errorOf, type Patient, Silent, seconds } from './exchange.js'
import { broken, type Finding, ms, note, ok } from './finding.js'

export interface StreamForm {
  readonly name: string
  readonly url: URL
  readonly asked: Asked
  /** What the hub writes at once. */
  readonly opening: RegExp
}

export interface OpenStream {
  readonly form: StreamForm
  readonly answer: Answer
  readonly finding: Finding
}

/** A stream that came up, or what kept it from that. */
export type Opened = OpenStream | { readonly answer?: undefined; readonly finding: Finding }

/** Opens a stream as a browser does, and without compression if that brings nothing. */
export async function openStream(patient: Patient, form: StreamForm): Promise<Opened> {
  const answer = await prompt(patient, form)
  if (answer === 'silent') return { finding: await silence(patient, form) }
  if (!isStream(answer)) return { finding: await refused(form.name, answer) }
  const { connectMs, firstByteMs, httpVersion, headers } = answer
  const encoding = headers['content-encoding']
  const facts = { connectMs, firstByteMs, httpVersion, ...(encoding !== undefined && { compression: encoding }) }
  const spelt = `first bytes after ${ms(firstByteMs)} (connect ${ms(connectMs)}), HTTP/${httpVersion}`
  const compression = encoding === undefined ? 'not compressed' : `compressed with ${encoding}`
  return { form, answer, finding: ok(form.name, `Streams: ${spelt}, ${compression}.`, facts) }
}

/** Waits for a heartbeat in silence. Undefined: it stays open, and says so in time. */
export async function stayOpen(
  { form, answer }: OpenStream,
  heartbeatMs: number,
  boundMs: number,
): Promise<Finding | undefined> {
  const start = performance.now()
  const { body } = answer
  const ended = await body.until(({ over }) => over, boundMs)
  const lasted = Math.round((ended ? body.lastAt : performance.now()) - start)
  const silentMs = Math.round(performance.now() - body.lastAt)
  if (body.over) {
    const sentence =
      `Ended after ${seconds(silentMs)} of silence, ${seconds(performance.now() - start)} after it began: ` +
      `something on the way cuts what is silent, before the hub's heartbeat (every ${seconds(heartbeatMs)}).`
    return broken(form.name, 'idle', sentence, { ...facts(answer), silentMs, lasted })
  }
  if (boundMs > heartbeatMs + 1_500 && silentMs > heartbeatMs + 1_000) {
    const sentence =
      `Began at once, but no heartbeat came in ${seconds(silentMs)}: something on the way holds back what is ` +
      'small.'
    return broken(form.name, 'buffered', sentence, { ...facts(answer), silentMs })
  }
  return undefined
}

export function facts({ connectMs, firstByteMs, httpVersion }: Answer): Record<string, string | number> {
  return { connectMs, firstByteMs, httpVersion }
}

/** What an answer that is no stream says. Refused by the hub itself is not the way's fault. */
export async function refused(name: string, answer: Answer): Promise<Finding> {
  const error = await errorOf(answer)
  if (error)
    return note(name, `The hub answers ${answer.status}: ${error.message}`, { ...facts(answer), code: error.code })
  const sentence =
    `Answered ${answer.status} (${answer.headers['content-type'] ?? 'no type'}), not by a hub: is this its ` +
    'mount path, as in https://host/channels?'
  return broken(name, undefined, sentence, facts(answer))
}

function isStream({ status, headers }: Answer): boolean {
  return status === 200 && /^text\/event-stream/.test(headers['content-type'] ?? '')
}

/** The answer when its first bytes are here; `silent` if head or bytes did not come in time. */
async function prompt(patient: Patient, { url, asked, opening }: StreamForm): Promise<Answer | 'silent'> {
  try {
    const headers = { accept: 'text/event-stream', ...asked.headers }
    const answer = await ask(patient, url, { ...asked, headers })
    if (!isStream(answer)) return answer
    if (await answer.body.until(({ text }) => opening.test(text), patient.patienceMs)) return answer
    answer.body.close()
    return 'silent'
  } catch (thrown) {
    if (thrown instanceof Silent) return 'silent'
    throw thrown
  }
}

async function silence(patient: Patient, form: StreamForm): Promise<Finding> {
  const headers = { ...form.asked.headers, 'accept-encoding': 'identity' }
  const plain = await prompt(patient, { ...form, asked: { ...form.asked, headers } })
  const held = `No event came within ${seconds(patient.patienceMs)}`
  if (plain === 'silent')
    return broken(form.name, 'buffered', `${held}, compressed or not: something on the way buffers the stream.`)
  plain.body.close()
  return broken(
    form.name,
    'compressed',
    `${held}, but at once without compression: something on the way compresses the stream and holds it back for that.`,
    { ...facts(plain) },
  )
}
