/** What the page of the outbox tests runs: an outbox whose core is one POST after another. The tests call what stands on `globalThis`. */
import { Outbox } from '../../src/client/outbox.js'
import type { AnywireError } from '../../src/protocol/error.js'
import type { PublishRequest, ServerFrame } from '../../src/protocol/index.js'

let batches: Promise<unknown> = Promise.resolve()
let producer: PublishRequest['producer']
/** What became of each publish, by its data. */
const ends: Record<number, string> = {}
const queued: number[] = []

const owner = { name: Promise.resolve('ann'), inTime: Promise.resolve(true), guess: undefined }
const outbox = new Outbox({
  kept: location.search === '?memory' ? undefined : { database: 'test', owner },
  send(requests) {
    batches = batches.then(() => post(requests))
  },
})

async function post(publish: readonly PublishRequest[]): Promise<void> {
  producer = publish[0]?.producer
  try {
    const headers = { 'content-type': 'application/json' }
    const answer = await fetch('/channels', { method: 'POST', headers, body: JSON.stringify({ publish }) })
    for (const frame of (await answer.json()) as ServerFrame[]) hear(frame)
  } catch {
    setTimeout(() => outbox.linked(), 30)
  }
}

function hear(frame: ServerFrame): void {
  if (frame.type === 'published') outbox.answered({ ...frame, id: Number(frame.id) })
  if (frame.type !== 'error') return
  outbox.answered({ type: 'refused', id: Number(frame.id), error: frame })
}

function say(from: number, to: number): void {
  for (let n = from; n <= to; n++) {
    outbox.publish({ channel: 'a', data: n }, { queued: () => queued.push(n) }).then(
      ({ duplicate }) => {
        ends[n] = duplicate ? 'duplicate' : 'stored'
      },
      ({ code }: AnywireError) => {
        ends[n] = code
      },
    )
  }
}

/** The page in a frame: to the browser it is another page. */
function openFrame(): Promise<void> {
  const frame = document.createElement('iframe')
  frame.src = location.href
  return new Promise((resolve) => {
    frame.onload = () => resolve()
    document.body.append(frame)
  })
}

Object.assign(globalThis, {
  say,
  openFrame,
  closeFrame: () => document.querySelector('iframe')?.remove(),
  facts: () => ({ ends, queued, producer, size: outbox.size }),
  locks: async () => ((await navigator.locks.query()).held ?? []).map(({ name }) => name),
  leave: () => dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true })),
})
