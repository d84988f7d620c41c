/** Nodes over one store, their clients, and what a reader of a roster is told. */

import { createServer } from 'node:http'
import { setTimeout } from 'node:timers/promises'
import { onTestFinished } from 'vitest'
import WebSocket from 'ws'
import {
  createHub,
  type Hub,
  type HubOptions,
  memory,
  type Principal,
  type Rules,
  type Store,
} from '../../src/index.js'
import { type NodeStore, share } from '../support/core/shared-store.js'
import { listen } from '../support/hub-server.js'

/** Who a client is, it says itself: `?token=ann`. */
const itself = (id: string): Principal => ({ id })

/** What a client needs of a node. */
export interface Reached {
  readonly origin: string
}

export interface Node extends Reached {
  readonly hub: Hub
  readonly store: NodeStore
}

export function cluster(rules: Rules, limits: HubOptions['limits'] = {}, principalOf = itself) {
  const shared = share(memory())
  return {
    async node(): Promise<Node> {
      const store = shared.node()
      const hub = createHub({
        authenticate: (credential) => credential && principalOf(credential.token),
        queryToken: true,
        rules,
        limits,
        store: store.store,
        onError: () => undefined, // a killed node fails
      })
      const server = createServer()
      hub.attach(server)
      onTestFinished(() => hub.close({ graceMs: 1 }))
      return { hub, store, origin: await listen(server) }
    },
  }
}

/**
 * A hub on the store of others, with their options, that serves nobody: what it is told of a roster comes from them, and
 * it finds them dead as they do each other.
 */
export function watcher(options: HubOptions, store: Store): Hub {
  const hub = createHub({ ...options, store, onError: () => undefined })
  onTestFinished(() => hub.close({ graceMs: 1 }))
  return hub
}

/** A plain WebSocket that reads a channel; resolves when it is open. */
export async function enter(node: Reached, id: string, channel = 'chat/1'): Promise<WebSocket> {
  const socket = new WebSocket(`${node.origin.replace('http', 'ws')}/channels/${channel}?token=${id}`)
  socket.on('error', () => undefined)
  onTestFinished(() => socket.terminate())
  await new Promise((resolve) => socket.once('open', resolve))
  return socket
}

/** Publishes a state, as a client does over HTTP. */
export function say(node: Reached, id: string, state: unknown, channel = 'chat/1'): Promise<Response> {
  return fetch(`${node.origin}/channels/$presence/${channel}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${id}` },
    body: JSON.stringify(state),
  })
}

/** What a reader of a roster was told, one word a message: `join ann`, `leave ann`. */
export class Roster {
  readonly words: string[] = []
  /** Updates that told nothing new of their member. */
  readonly needless: string[] = []
  readonly members = new Map<string, { state: unknown; connections: number; mode?: string; members?: number }>()
  #woken: (() => void) | undefined

  constructor(hub: Hub, channel = 'chat/1') {
    const stop = new AbortController()
    onTestFinished(() => stop.abort())
    void this.#readOn(hub, channel, stop.signal)
  }

  /** Resolves once what it was told fits. */
  async until(fits: (roster: this) => boolean): Promise<this> {
    while (!fits(this)) {
      await new Promise<void>((resolve) => {
        this.#woken = resolve
      })
    }
    return this
  }

  /** Resolves once these are present, with so many connections each. */
  has(expected: Readonly<Record<string, number>>): Promise<this> {
    const wanted = JSON.stringify(Object.entries(expected).sort())
    const now = () => JSON.stringify([...this.members].map(([key, { connections }]) => [key, connections]).sort())
    return this.until(() => now() === wanted)
  }

  /** A store that gives no answer, on a machine that is busy, is asked again until the first thing is told. */
  async #readOn(hub: Hub, channel: string, signal: AbortSignal): Promise<void> {
    try {
      await this.#read(hub, channel, signal)
    } catch (thrown) {
      if (this.words.length > 0 || signal.aborted || Object(thrown).code !== 'store-down') throw thrown
      await setTimeout(200)
      await this.#readOn(hub, channel, signal)
    }
  }

  async #read(hub: Hub, channel: string, signal: AbortSignal): Promise<void> {
    for await (const item of hub.subscribe(`$presence/${channel}`, { from: 'snapshot', signal })) {
      if (item.kind !== 'message') continue
      const { key = '', event, data } = item
      this.words.push(`${event} ${key}`)
      if (event === 'update' && isSame(this.members.get(key), data)) this.needless.push(JSON.stringify(data))
      if (data === undefined) this.members.delete(key)
      else this.members.set(key, data as { state: unknown; connections: number })
      this.#woken?.()
    }
  }
}

/** Whether two values of a member say the same of it: on which nodes it is, is nothing that its readers see. */
function isSame(one: unknown, other: unknown): boolean {
  const [a, b] = [Object(one), Object(other)]
  return a.connections === b.connections && a.since === b.since && JSON.stringify(a.state) === JSON.stringify(b.state)
}

/** What a reader of the counts of a channel was told. */
export class Counts {
  readonly told: { members: number; connections: number }[] = []
  #woken: (() => void) | undefined

  constructor(hub: Hub, channel = 'chat/1') {
    const stop = new AbortController()
    onTestFinished(() => stop.abort())
    void this.#read(hub, channel, stop.signal)
  }

  /** Resolves once it was told this last. */
  async until(wanted: { members: number; connections: number }): Promise<void> {
    const fits = () => {
      const { members, connections } = this.told.at(-1) ?? {}
      return members === wanted.members && connections === wanted.connections
    }
    while (!fits()) {
      await new Promise<void>((resolve) => {
        this.#woken = resolve
      })
    }
  }

  async #read(hub: Hub, channel: string, signal: AbortSignal): Promise<void> {
    for await (const item of hub.subscribe(`$count/${channel}`, { from: 'snapshot', signal })) {
      if (item.kind === 'message') this.told.push(item.data as { members: number; connections: number })
      this.#woken?.()
    }
  }
}
