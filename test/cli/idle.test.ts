/** How long `anywire serve` keeps an idle connection: longer than the proxies before it. */
import { once } from 'node:events'
import { Agent, get, type IncomingMessage } from 'node:http'
import { get as getSecure, Agent as SecureAgent } from 'node:https'
import { expect, it, onTestFinished } from 'vitest'
import { anywire } from '../support/program.js'

async function idleOf(url: string): Promise<unknown> {
  const isSecure = url.startsWith('https:')
  const agent = isSecure ? new SecureAgent({ keepAlive: true }) : new Agent({ keepAlive: true })
  onTestFinished(() => agent.destroy())
  const request = isSecure ? getSecure(url, { agent, rejectUnauthorized: false }) : get(url, { agent })
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  response.resume()
  return response.headers['keep-alive']
}

it.each([
  ['without TLS', []],
  ['with TLS', ['--tls']],
  ['for a proxy that speaks HTTP/2', ['--h2c']],
])('an idle connection of HTTP/1.1 %s is kept for 65 s', async (_, args) => {
  const url = await anywire(['serve', '--port', '0', ...args]).listening()
  expect(await idleOf(`${url}/channels/news`)).toBe('timeout=65')
})

it('so is one to the internal port', async () => {
  const server = anywire(['serve', '--port', '0', '--admin', '127.0.0.1:0'])
  await server.until(({ lines }) => lines.length >= 2)
  expect(await idleOf(`${/http:\/\/\S+/.exec(server.lines[1] ?? '')?.[0]}/healthz`)).toBe('timeout=65')
})
