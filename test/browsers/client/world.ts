/** A hub that serves the page of the client, a proxy with faults before it, and tabs: all gone at the end of the block that opened it. */
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect } from 'vitest'
import { FaultProxy } from '../../../playground/server/faults/proxy.js'
import { createHub, type Hub, type HubOptions } from '../../../src/index.js'
import { ask } from '../../support/clients/request.js'
import { startProxy } from '../../support/proxies.js'
import type { ClientBrowser, ClientTab } from './browser.js'

export type Share = 'tabs' | 'worker' | 'none'
export const shares: readonly Share[] = ['tabs', 'worker', 'none']

/** What a page tells of one of its clients. */
export interface Facts {
  readonly transport?: string
  readonly connectMs?: number
  readonly reconnects: number
  readonly decisions: readonly string[]
  readonly state: string
  /** All it has been in. */
  readonly states: readonly string[]
  readonly ended?: { readonly code: string; readonly message: string }
}

export interface Feed {
  /** Resolves when so many more have been published. */
  more(count: number): Promise<void>
  /** Ends it, and answers how many there were. */
  stop(): Promise<number>
}

const page = readFileSync(new URL('./page.html', import.meta.url), 'utf8')
const transform = readFileSync(new URL('./transform.js', import.meta.url))

export class World implements AsyncDisposable {
  readonly hub: Hub
  readonly proxy: FaultProxy
  /** Of the hub itself, past the proxy. */
  readonly direct: string
  readonly #server: Server
  readonly #browser: ClientBrowser
  readonly #endings: (() => Promise<unknown>)[] = []

  private constructor(browser: ClientBrowser, server: Server, proxy: FaultProxy, options: HubOptions) {
    this.#browser = browser
    this.#server = server
    this.proxy = proxy
    this.direct = originOf(server)
    this.hub = createHub({ ...options, origins: [this.direct, ...(options.origins ?? [])] })
    this.hub.attach(server)
    server.on('request', (request, response) => {
      const { pathname, searchParams } = new URL(request.url ?? '', this.direct)
      const isScript = pathname === '/transform.js'
      response.writeHead(200, { 'content-type': isScript ? 'text/javascript' : 'text/html; charset=utf-8' })
      if (isScript) response.end(transform)
      else if (pathname === '/') response.end(page.replace('$origin', searchParams.get('from') ?? ''))
      else response.end('<!doctype html><link rel="icon" href="data:,">')
    })
  }

  static async open(browser: ClientBrowser, options: HubOptions = {}): Promise<World> {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const proxy = await FaultProxy.start({ port: (server.address() as AddressInfo).port })
    return new World(browser, server, proxy, options)
  }

  /** The mount path as the proxy serves it. */
  get url(): string {
    return `${this.proxy.origin}/channels`
  }

  /** Opens the page, through the proxy unless another origin is given. */
  async tab(origin = this.proxy.origin): Promise<ClientTab> {
    const tab = await this.#browser.open(origin)
    this.#endings.push(() => tab.close())
    return tab
  }

  /** An nginx before the hub; answers its origin. */
  async nginx(lines: readonly string[]): Promise<string> {
    const nginx = await startProxy('nginx', this.direct, { lines })
    this.#endings.push(() => nginx.stop())
    return nginx.url
  }

  /** Publishes 0, 1, 2 and so on: some at once, then one every few milliseconds. */
  feed({ history = 0, everyMs = 5 } = {}): Feed {
    let n = 0
    let on = true
    const running = (async () => {
      while (n < history) await this.hub.publish('news', n++)
      while (on) {
        await this.hub.publish('news', n++)
        await new Promise((resolve) => setTimeout(resolve, everyMs))
      }
    })()
    const stop = async () => {
      on = false
      await running
      return n
    }
    this.#endings.push(stop)
    return {
      stop,
      async more(count) {
        const goal = n + count
        while (n < goal) await new Promise((resolve) => setTimeout(resolve, 5))
      },
    }
  }

  /** What the hub has of a channel. */
  async log(channel: string): Promise<unknown[]> {
    const { status, text } = await ask(`${this.direct}/channels/${channel}`)
    return status === 404 ? [] : JSON.parse(text)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#endings.map((end) => end()))
    await this.proxy.close()
    this.#server.closeAllConnections()
    this.#server.close()
    await this.hub.close({ graceMs: 1 })
  }
}

function originOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

export const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n)

/** Promises 1 and 2: everything, in order, once. */
export async function expectAll(tab: ClientTab, count: number, name = 'news'): Promise<void> {
  expect(await tab.call('got', name, count)).toEqual(upTo(count))
}

export const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1]!
