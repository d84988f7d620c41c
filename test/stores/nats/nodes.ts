/** Nodes on a NATS server, as tests drive them. */
import { setTimeout as wait } from 'node:timers/promises'
import { expect, onTestFinished } from 'vitest'
import { createHub, type Hub, type Rules } from '../../../src/index.js'
import { type NatsOptions, nats } from '../../../src/stores/nats/index.js'
import type { NatsServer } from '../../support/nats.js'
import { RawProxy } from '../../support/raw-proxy.js'

/** A hub on the server, behind a proxy of its own. */
export interface Node {
  readonly hub: Hub
  readonly proxy: RawProxy
}

/** `options`: of the store. */
export async function node(server: NatsServer, rules: Rules = {}, options: NatsOptions = {}): Promise<Node> {
  const proxy = await RawProxy.start(server.port)
  const store = await nats({ servers: `127.0.0.1:${proxy.port}`, ...options })
  const hub = createHub({ store, rules, onError: () => undefined })
  onTestFinished(async () => {
    proxy.resume()
    await hub.close({ graceMs: 0 })
    proxy.close()
  })
  return { hub, proxy }
}

/** Publishes one number after the other, each until it is acknowledged, and waits for `pauseMs` after each. */
export class Publisher {
  acknowledged = 0
  readonly name: string
  readonly done: Promise<void>
  #stopped = false

  constructor({ hub }: Pick<Node, 'hub'>, channel: string, name: string, pauseMs = 0) {
    this.name = name
    this.done = this.#run(hub, channel, pauseMs)
  }

  stop(): Promise<void> {
    this.#stopped = true
    return this.done
  }

  async #run(hub: Hub, channel: string, pauseMs: number): Promise<void> {
    while (!this.#stopped) {
      const seq = this.acknowledged
      const producer = { id: this.name, epoch: 0, seq }
      const isDone = await hub.publish(channel, `${this.name} ${seq}`, { producer }).then(
        () => true,
        (error: { code: string }) => {
          if (!['store-down', 'unknown-outcome'].includes(error.code)) throw error
          return false
        },
      )
      if (isDone) this.acknowledged++
      if (!isDone || pauseMs > 0) await wait(isDone ? pauseMs : 20)
    }
  }
}

/** What a reader got, and the gaps that it was told of. */
export function read({ hub }: Pick<Node, 'hub'>, channel: string, from = 'start') {
  const reading = { texts: [] as string[], gaps: [] as string[], last: '' }
  const take = async () => {
    for await (const item of hub.subscribe(channel, { from })) {
      if (item.kind === 'gap') reading.gaps.push(item.reason)
      else {
        reading.texts.push(String(item.data))
        reading.last = item.offset
      }
    }
  }
  // It ends with its hub.
  take().catch(({ code }) => expect(code).toBe('draining'))
  return reading
}

export const of = (texts: readonly string[], name: string) => texts.filter((text) => text.startsWith(`${name} `))
export const countTo = (name: string, count: number) => Array.from({ length: count }, (_, seq) => `${name} ${seq}`)
