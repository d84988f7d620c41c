/** Nodes over one store, their clients, and what a reader of a roster is told. */

import { createServer } from 'node:http'
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

/** A hub on the store of others that serves nobody: what it is told of a roster comes from them. */
export function watcher(rules: Rules, store: Store): Hub {
  const hub = createHub({ rules, store, onError: () => undefined })
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
  readonly members = new Map<string, { state: unknown; connections: number; mode?: string; members?: number }>()
  #woken: (() => void) | undefined

  constructor(hub: Hub, channel = 'chat/1') {
    const stop = new AbortController()
    onTestFinished(() => stop.abort())
    void this.#read(hub, channel, stop.signal)
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

  async #read(hub: Hub, channel: string, signal: AbortSignal): Promise<void> {
    for await (const item of hub.subscribe(`$presence/${channel}`, { from: 'snapshot', signal })) {
      if (item.kind !== 'message') continue
      const { key = '', event, data } = item
      this.words.push(`${event} ${key}`)
      if (data === undefined) this.members.delete(key)
      else this.members.set(key, data as { state: unknown; connections: number })
      this.#woken?.()
    }
  }
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
