/** Tests of what is found out without a page: by a program. Browsers have tests of their own. */
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { diagnose } from './diagnose.js'

async function listen(respond: RequestListener): Promise<string> {
  const server = createServer(respond).listen(0, '127.0.0.1')
  onTestFinished(() => void server.close().closeAllConnections())
  await vi.waitUntil(() => server.listening)
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const welcome: RequestListener = (_, response) => void response.end('[{"type":"welcome"}]')
const found = (url: string) =>
  diagnose({
    url,
    origin: undefined,
    decisions: ['websocket: The WebSocket was closed with 1006.'],
    error: undefined,
    hasToken: false,
  })

describe('what answers at an address', () => {
  it('is a hub that no connection holds to', async () => {
    const url = `${await listen(welcome)}/channels`
    const { code, message } = await found(url)
    expect(code).toBe('unstable')
    expect(message).toContain(`The hub at ${url} answers requests, and no connection to it holds: websocket: `)
  })

  it('sends to where the hub is', async () => {
    const hub = `${await listen(welcome)}/channels`
    const url = `${await listen((_, response) => void response.writeHead(308, { location: hub }).end())}/channels`
    expect(await found(url)).toEqual({
      code: 'no-hub',
      message: `${url} redirects to ${hub}, and not every transport follows: give connect() that address.`,
    })
  })

  it.each([
    ['404 and no JSON', 404, 'Not here'],
    ['200 and a page', 200, '<!doctype html>'],
    ['401 and JSON of its own', 401, '{"error":"no"}'],
  ])('is no hub: %s', async (_, status, body) => {
    const origin = await listen((_request, response) => void response.writeHead(status).end(body))
    const { code, message } = await found(`${origin}/live`)
    expect(code).toBe('no-hub')
    expect(message).toBe(`${status} at ${origin}/live: no Anywire hub there. Is that where it is mounted?`)
  })
})
