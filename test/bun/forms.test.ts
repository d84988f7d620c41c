/** Every form, and the client over every transport, on a hub that Bun runs. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { connect } from '../../src/client/index.js'
import type { Transport } from '../../src/client/link.js'
import { bun } from '../support/bun.js'
import { everyForm, forms } from '../support/clients/readers.js'
import { ask, post } from '../support/clients/request.js'
import type { HubServer } from '../support/hub-server.js'

const file = fileURLToPath(new URL('hub.js', import.meta.url))

let child: ChildProcess
let mount = ''

const url = (below = '') => (below === '' || below.startsWith('?') ? mount + below : `${mount}/${below}`)

async function told(word: string): Promise<unknown> {
  const answered = once(child, 'message')
  child.send(word)
  return (await answered)[0].answer
}

beforeEach(async () => {
  child = fork(file, { execPath: bun(), execArgv: [] })
  const [{ port }] = await once(child, 'message')
  mount = `http://127.0.0.1:${port}/channels`
})

afterEach(async () => {
  child.kill('SIGKILL')
  await once(child, 'exit')
})

/** What each reader has heard by its end: the message, and that the hub has left. */
const heard: Record<string, unknown> = {
  'plain SSE': expect.stringMatching(/data: \{"n":1\}\nid: [\d_]+\n\n(.|\n)*retry: \d+\n\n$/),
  'durable SSE': expect.stringMatching(/event: data\ndata: ?\[\n?(data: )?\{"n":1\}/),
  'many channels': expect.stringContaining('{"n":1}'),
  'anywire.v1 over POST': expect.stringMatching(/"data":\{"n":1\}(.|\n)*"type":"drain"/),
  'durable long poll': 200,
  'plain poll': 200,
  'a batch': expect.stringMatching(/^200 .*"data":\{"n":1\}/),
  'plain WebSocket': 1012,
  'anywire.v1': 1012,
}

describe('a hub in Bun', () => {
  it('serves a reader of each form, and tells it when it leaves', async () => {
    const server = { url, socketUrl: (below?: string) => url(below).replace('http', 'ws') } as HubServer
    const readers = await Promise.all(everyForm.map((form) => forms[form](server, {})))
    // That of many channels has two.
    await expect.poll(() => told('subscriptions')).toBe(everyForm.length + 1)
    expect((await post(url('n'), { n: 1 })).status).toBe(204)
    // The polls are answered, and nobody else has gone.
    await expect.poll(() => told('subscriptions')).toBe(everyForm.length + 1 - 3)
    await told('close')
    const ends = await Promise.all(readers.map(({ ended }) => ended))
    expect(Object.fromEntries(everyForm.map((form, at) => [form, ends[at]]))).toEqual(heard)
  })

  it('answers an event stream without chunks, and what is not its own goes to the server', async () => {
    await post(url('n'), { n: 1 })
    const { body, ...stream } = await fetch(url('n?offset=-1'), { headers: { accept: 'text/event-stream' } }).then(
      ({ headers, body }) => ({
        body,
        chunked: headers.get('transfer-encoding'),
        connection: headers.get('connection'),
      }),
    )
    await body?.cancel()
    expect(stream).toEqual({ chunked: null, connection: 'close' })
    expect((await ask(mount.replace('/channels', '/elsewhere'))).status).toBe(404)
  })

  it.each<Transport>(['websocket', 'stream', 'poll'])('serves the client by %s', async (transport) => {
    const client = connect(mount, { transports: [transport] })
    const reading = client.subscribe('n', { from: 'start' })
    await client.publish('n', { by: transport })
    for await (const item of reading)
      if (item.kind === 'message') {
        expect(item.data).toEqual({ by: transport })
        break
      }
    await client.close()
  })
})
