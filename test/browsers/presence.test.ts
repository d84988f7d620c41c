/** Presence in browsers: the roster over a native EventSource, and a browser that freezes, as when its laptop is closed. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { createHub, type HubOptions } from '../../src/index.js'
import { enter, Roster, say } from '../presence/world.js'
import { launchChromium } from '../support/browsers/chromium.js'
import { launchFirefox } from '../support/browsers/firefox.js'
import { chromiumHere, firefoxHere } from '../support/browsers/installed.js'
import { listen } from '../support/hub-server.js'
import { opener } from './facts.js'

/** `/` follows a roster; `/reads` uses the client, and presence when it is told to; `/three` is ann by a WebSocket, bob by an EventSource, and cleo and dora by the client. */
const pages: Readonly<Record<string, string>> = {
  '/': `<script>
  const told = []
  const source = new EventSource('/channels/$presence/chat/1?offset=snapshot&token=looker')
  for (const type of ['join', 'update', 'delete', 'leave'])
    source.addEventListener(type, ({ data }) => told.push([type, JSON.parse(data)]))
  const tell = () => told
  </script>`,
  '/reads': `<script type="module">
  import { connect } from '/channels/$/client.js'
  const client = connect('/channels', { token: () => 'ann', share: 'none' })
  globalThis.read = () => client.subscribe('chat/1').opened
  globalThis.enter = () => client.presence('chat/1', 'here').then(() => 'entered')
  </script>`,
  '/three': `<script type="module">
  import { connect } from '/channels/$/client.js'
  new WebSocket(location.origin.replace('http', 'ws') + '/channels/chat/socket?token=ann')
  new EventSource('/channels/chat/stream?token=bob')
  await connect('/channels', { token: () => 'cleo', share: 'none' }).presence('chat/client', { awake: true })
  const transports = ['stream']
  await connect('/channels', { token: () => 'dora', share: 'none', transports }).presence('chat/post', { awake: true })
  </script>`,
}

async function serve(options: HubOptions) {
  const hub = createHub({
    authenticate: (credential) => credential && { id: credential.token },
    queryToken: true,
    onError: () => undefined,
    ...options,
  })
  onTestFinished(() => hub.close({ graceMs: 1 }))
  const asked: string[] = []
  const server = createServer((request, response) => {
    asked.push(request.url ?? '')
    const page = pages[request.url ?? '']
    if (page)
      response
        .writeHead(200, { 'content-type': 'text/html' })
        .end(`<!doctype html><link rel="icon" href="data:,">${page}`)
    else hub.handle(request, response)
  })
  server.on('upgrade', (request, socket, head) => hub.upgrade(request, socket, head))
  return { hub, origin: await listen(server), asked }
}

describe.each([
  ['Chromium', launchChromium],
  ['Firefox', launchFirefox],
])('a native EventSource in %s', (_, launch) => {
  const open = opener(launch)

  it('is told who is there, and each change', async () => {
    const node = await serve({ rules: { 'chat/:room': { presence: { graceMs: 300 } } } })
    const ann = await enter(node, 'ann')
    await new Roster(node.hub).has({ ann: 1 })
    const tab = await open(node.origin)
    const told = () => tab.call<[type: string, data: Record<string, unknown> | string][]>('tell')
    await vi.waitFor(
      async () => expect(await told()).toMatchObject([['join', { member: 'ann', connections: 1 }]]),
      30_000,
    )
    await say(node, 'ann', { typing: true })
    await vi.waitFor(
      async () => expect((await told()).at(-1)).toMatchObject(['update', { member: 'ann', state: { typing: true } }]),
      30_000,
    )
    ann.close(1000)
    await vi.waitFor(async () => expect((await told()).at(-1)).toEqual(['delete', 'ann']), 30_000)
    expect(await told()).toHaveLength(3)
  })
})

describe('a page with the client', () => {
  const open = opener(launchChromium)

  it('loads presence when it first asks for it, and never else', async () => {
    const { origin, asked } = await serve({ rules: { 'chat/:room': { presence: true } } })
    const files = () => asked.filter((url) => url.includes('presence.js'))
    const tab = await open(`${origin}/reads`)
    await vi.waitFor(() => tab.call('read'), 30_000)
    expect(files()).toEqual([])
    expect([await tab.call('enter'), await tab.call('enter')]).toEqual(['entered', 'entered'])
    expect(files()).toEqual(['/channels/$/presence.js'])
  })
})

/** Browsers without a driver, each in a process group of its own, so that all of it can be stopped. */
const programs = {
  Chromium: (url: string, folder: string) => [
    chromiumHere.executablePath,
    ...chromiumHere.args,
    '--remote-debugging-port=0',
    `--user-data-dir=${folder}`,
    url,
  ],
  Firefox: (url: string, folder: string) => [
    firefoxHere.executablePath,
    '--headless',
    '--no-remote',
    '--profile',
    folder,
    url,
  ],
}

function start(command: readonly string[]): (signal: NodeJS.Signals) => void {
  const [file = '', ...args] = command
  const child = spawn(file, args, { detached: true, stdio: 'ignore' })
  const all = (signal: NodeJS.Signals) => void process.kill(-child.pid!, signal)
  onTestFinished(async () => {
    all('SIGKILL')
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  })
  return all
}

describe.each(Object.entries(programs))('a frozen %s', (_, commandOf) => {
  /** A tenth of what is usual: silence of a WebSocket ends it after three heartbeats. */
  const limits = { heartbeatMs: 2_000, streamMs: 6_000 }

  it('has left by WebSocket, EventSource and client, and is there again when it wakes', async () => {
    const { hub, origin } = await serve({ rules: { 'chat/:room': { presence: { graceMs: 1_000 } } }, limits })
    const rooms = ['socket', 'stream', 'client', 'post'] as const
    const [socket, stream, client, post] = rooms.map((room) => new Roster(hub, `chat/${room}`))
    const folder = mkdtempSync(join(tmpdir(), 'anywire-frozen-'))
    onTestFinished(() => rmSync(folder, { recursive: true, force: true, maxRetries: 10 }))
    const signal = start(commandOf(`${origin}/three`, folder))
    await Promise.all([socket?.has({ ann: 1 }), stream?.has({ bob: 1 })])
    const isAwake = (roster: Roster) =>
      [...roster.members.values()].some(({ state }) => JSON.stringify(state) === '{"awake":true}')
    await Promise.all([client?.until(isAwake), post?.until(isAwake)])
    const before = new Map([socket, stream, client, post].map((roster) => [roster, roster?.words.length]))
    signal('SIGSTOP')
    await Promise.all([socket?.has({}), stream?.has({}), client?.has({}), post?.has({})])
    signal('SIGCONT')
    await Promise.all([stream?.has({ bob: 1 }), client?.until(isAwake), post?.until(isAwake)])
    for (const roster of [socket, stream, client, post])
      expect(roster?.words.slice(before.get(roster)).filter((word) => word.startsWith('leave'))).toHaveLength(1)
  })
})
