/** Caches on the way: whether they keep or join what is nobody else's, or make readers wait for each other. */
import type { IncomingHttpHeaders } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import { ask, type Patient, Silent, seconds } from './exchange.js'
import { broken, type Finding, note, ok } from './finding.js'
import { type OpenStream, openStream } from './streams.js'

const kept = 'what nobody may keep'
const apart = 'readers apart'

/** The header by which a cache says that it answered itself. */
export function hit(headers: IncomingHttpHeaders): string | undefined {
  if (Number(headers.age ?? 0) > 0) return `age: ${headers.age}`
  if (/^\d+ \d+$/.test(String(headers['x-varnish'] ?? ''))) return `x-varnish: ${headers['x-varnish']}`
  const name = ['x-cache', 'x-cache-status', 'cf-cache-status', 'cache-status'].find((one) =>
    /\bhit\b/i.test(String(headers[one] ?? '')),
  )
  return name && `${name}: ${headers[name]}`
}

/** Asks twice where the log ends, which says `no-store`. */
export async function keeps(patient: Patient, channel: URL): Promise<Finding> {
  const url = withQuery(channel, 'offset=now')
  const first = await ask(patient, url)
  await wait(1_100)
  const second = await ask(patient, url)
  for (const { body } of [first, second]) body.close()
  if (second.status !== 200)
    return note(kept, `The hub answers ${second.status} to this channel: choose one with --channel.`)
  const mark = hit(second.headers)
  if (mark !== undefined)
    return broken(kept, 'stale', `A cache answers what says no-store (${mark}): readers get old news.`)
  const control = String(second.headers['cache-control'] ?? '')
  if (!control.includes('no-store'))
    return broken(kept, 'stale', `Something on the way changes Cache-Control from no-store to "${control}".`)
  return ok(kept, 'Comes from the hub each time.')
}

/** Opens the stream that is open once more: each reader has a stream of its own, with a `retry:` of its own. */
export async function standApart(patient: Patient, { form, answer }: OpenStream): Promise<Finding> {
  const first = retryOf(answer.body.text)
  for (let time = 0; time < 2; time++) {
    const second = await openStream(patient, form)
    if (!second.answer) {
      if (second.finding.fault === undefined) return { ...second.finding, name: apart }
      const sentence =
        `A second reader got nothing within ${seconds(patient.patienceMs)} while the first one was reading: a ` +
        'cache makes it wait.'
      return broken(apart, 'locked', sentence)
    }
    second.answer.body.close()
    // One in two thousand is the same by chance, so it is asked twice.
    if (retryOf(second.answer.body.text) !== first) return ok(apart, 'Each reader has an event stream of its own.')
  }
  return broken(apart, 'shared', "A second reader is given the first one's stream: a cache joins them.")
}

/** Polls for a place in the log that is past, twice, and says whether a cache shares the answer. */
export async function collapses(patient: Patient, channel: URL, offset: string): Promise<Finding> {
  const url = withQuery(channel, `live=long-poll&offset=${offset}`)
  try {
    const first = await ask(patient, url)
    const second = await ask(patient, url)
    for (const { body } of [first, second]) body.close()
    const mark = hit(second.headers)
    const open = String(second.headers['cache-control'] ?? '').includes('public')
    if (mark !== undefined && open)
      return ok('shared polls', `A cache answers long polls for the same message (${mark}).`)
    if (mark !== undefined) return broken('shared polls', 'stale', `A cache answers what is private (${mark}).`)
    const unsaid = "the rule of this channel does not say cache: 'public'"
    const why = open
      ? 'No cache says that it shares them; nginx does not say so unless told: add_header X-Cache ' +
        '$upstream_cache_status;'
      : `They are private: ${patient.token === undefined ? unsaid : 'a credential came with them'}.`
    return note('shared polls', why)
  } catch (thrown) {
    if (thrown instanceof Silent)
      return broken('shared polls', 'locked', `A poll for what is there already: ${thrown.message}`)
    throw thrown
  }
}

export function withQuery(channel: URL, query: string): URL {
  const url = new URL(channel)
  url.search = query
  return url
}

function retryOf(text: string): string | undefined {
  return /^retry: ?(\d+)$/m.exec(text)?.[1]
}
