/** JSON that is made to hold up a parser: whoever sends it, and by whatever form, the loop goes on. */
import { describe, expect, it } from 'vitest'
import { ask } from '../support/clients/request.js'
import { connect, session } from '../support/clients/socket.js'
import { serveHub } from '../support/hub-server.js'

const bodyBytes = 4 * 1_048_576

/** As many units as fit, in one array or object. */
function filled(unit: (i: number) => string, [open, close] = ['[', ']']): string {
  const parts: string[] = []
  for (let length = 200, i = 0; ; i++) {
    const part = unit(i)
    length += part.length + 1
    if (length > bodyBytes) return open + parts.join(',') + close
    parts.push(part)
  }
}

const hostile: Readonly<Record<string, string>> = {
  'many names': filled((i) => `"${i.toString(36)}":1`, ['{', '}']),
  'many shapes': filled((i) => `{"k${i}":0}`),
  'many empty arrays': filled(() => '[]'),
  'deep arrays': filled(() => '['.repeat(90) + ']'.repeat(90)),
  'many numbers': filled(() => '1'),
}

/** Milliseconds of CPU, of all threads, while it is worked on. */
async function cpuOf(work: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1_000
}

describe.each(Object.entries(hostile))('4 MiB of %s', (_name, data) => {
  const headers = { 'Content-Type': 'application/json' }
  const wrapped = `{"x":${data}}`
  const publish = `{"publish":[{"channel":"n","data":${data}}]}`
  /** A parser alone takes so long: what a form takes is a fraction of it. */
  const parserMs = async () =>
    Math.min(await cpuOf(async () => JSON.parse(wrapped)), await cpuOf(async () => JSON.parse(wrapped)))

  it.each(['POST', 'PUT', 'a batch', 'a plain WebSocket', 'anywire.v1'])(
    'are refused as too large by %s',
    async (form) => {
      const { url, socketUrl } = await serveHub()
      if (form === 'POST' || form === 'PUT')
        expect((await ask(url('n'), { method: form, headers, body: wrapped })).status).toBe(413)
      else if (form === 'a batch') {
        const [answer] = (await ask(url(), { method: 'POST', headers, body: publish })).json<{ code: string }[]>()
        expect(answer!.code).toBe('too-large')
      } else if (form === 'a plain WebSocket') {
        const socket = await connect(socketUrl('n'))
        socket.send(wrapped)
        expect(JSON.parse(String(await socket.next())).error.code).toBe('too-large')
      } else {
        const socket = await session(socketUrl())
        socket.send(`{"type":"publish","id":1,"channel":"n","data":${data}}`)
        expect(await socket.frame('error')).toMatchObject({ id: 1, code: 'too-large' })
      }
    },
  )

  it('take the frame of a session a fraction of what they take a parser', async () => {
    const { readFrame } = await import('../../src/server/forms/anywire/large-frames.js')
    const bytes = Buffer.from(`{"type":"publish","id":1,"channel":"n","data":${data}}`)
    const limits = { depth: 100, channels: 1_000, messages: 1_000 }
    readFrame(bytes, limits)
    const ours = await cpuOf(async () => expect(readFrame(bytes, limits).error).toBeUndefined())
    expect(ours).toBeLessThan(Math.max(250, await parserMs()))
  })
})

describe('large frames that are no data', () => {
  const limits = { depth: 100, channels: 1_000, messages: 1_000 }

  it('are refused where they hold more than any request does', async () => {
    const { readFrame, readPostBody } = await import('../../src/server/forms/anywire/large-frames.js')
    for (const data of Object.values(hostile).slice(1)) {
      const bytes = Buffer.from(`{"type":"ping","id":1,"x":${data}}`)
      expect(readFrame(bytes, limits)).toMatchObject({ error: { code: 'too-large' } })
      expect(() => readPostBody(bytes, limits)).toThrow(expect.objectContaining({ code: 'too-large' }))
    }
  })

  it('are read as small ones are', async () => {
    const { readFrame, readPostBody } = await import('../../src/server/forms/anywire/large-frames.js')
    const filler = ' '.repeat(70_000)
    const data = '{"a":[1,{"b":null}],"c":"é"}'
    const frameOf = (reading: unknown) => (reading as { frame: { rawData: Uint8Array } }).frame
    const read = (text: string) => readFrame(Buffer.from(text), limits)
    for (const value of [data, '[1, 2]', '"text"', '1.0', 'null', '{}']) {
      const frame = `{"type":"publish","id":"i","channel":"n","data":${value},"key":"k"}`
      const [small, large] = [read(frame), read(frame.replace('{', `{${filler}`))]
      expect(large.error).toBeUndefined()
      expect(String(frameOf(large).rawData)).toBe(value)
      expect({ ...frameOf(small), data: 0, rawData: 0 }).toEqual({ ...frameOf(large), data: 0, rawData: 0 })
      const body = `{"publish":[{"channel":"a","data":1},{"channel":"n","data":${value},"id":2}],"subscribe":[{"channel":"s"}]}`
      const posts = [body, body.replace('{', `{${filler}`)].map((text) => readPostBody(Buffer.from(text), limits))
      expect(posts.map(({ publish }) => publish.map(({ rawData }) => String(rawData)))).toEqual([
        ['1', value],
        ['1', value],
      ])
      expect(posts.map(({ subscribe }) => subscribe.length)).toEqual([1, 1])
    }
    for (const wrong of ['{"type":"publish"', '{"type":"publish","data":[}', 'x']) {
      expect(read(wrong + filler).error).toMatchObject({ code: 'bad-request' })
    }
    expect(read(`${filler}{"type":"publish","id":1,"channel":5,"data":[1]}`).error?.message).toContain('channel')
  })
})
