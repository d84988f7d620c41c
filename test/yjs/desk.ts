/** Desks at which documents are edited: y-websocket's own provider and ours, each with a document of its own, for as long as one test runs. */
import { onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import type { Awareness } from 'y-protocols/awareness'
import { WebsocketProvider } from 'y-websocket'
import * as Y from 'yjs'
import { connect, type Signal } from '../../src/client/index.js'
import type { YjsOptions } from '../../src/index.js'
import { YjsProvider } from '../../src/yjs/index.js'
import { type PageServer, servePages } from '../support/browsers/page-server.js'

export interface Desk {
  readonly doc: Y.Doc
  readonly text: Y.Text
  readonly awareness: Awareness
}

/** A hub that serves documents at `/yjs`. */
export async function serveDocuments(
  options: Parameters<typeof servePages>[0] = {},
  yjs: YjsOptions = {},
): Promise<PageServer> {
  const served = await servePages(options)
  served.hub.yjs('/yjs', yjs)
  return served
}

/** Somebody with y-websocket's provider, as its package has it. */
export function theirs(server: PageServer, room: string, params: Record<string, string> = {}) {
  const doc = new Y.Doc()
  const provider = new WebsocketProvider(`ws://127.0.0.1:${server.port}/yjs`, room, doc, {
    WebSocketPolyfill: WebSocket as never,
    // They would speak to each other past the server.
    disableBc: true,
    params,
  })
  onTestFinished(() => {
    provider.destroy()
    provider.awareness.destroy()
  })
  return { doc, provider, text: doc.getText(), awareness: provider.awareness }
}

/** Somebody with ours, and a client of their own. */
export function ours(server: PageServer, room: string, doc = new Y.Doc(), transport?: 'stream' | 'poll') {
  const client = connect(server.url(), transport && { transports: [transport] })
  const provider = new YjsProvider(client, `yjs/${room}`, doc)
  onTestFinished(async () => {
    provider.destroy()
    await client.close()
  })
  return { doc, client, provider, text: doc.getText(), awareness: provider.awareness }
}

interface Heard {
  on(event: never, heard: () => void): unknown
  off(event: never, heard: () => void): unknown
}

/** Resolves when something is so; looks whenever the event comes. */
export function until(what: Heard, event: 'update' | 'change' | 'synced' | 'closed', is: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const look = () => {
      if (!is()) return
      what.off(event as never, look)
      resolve()
    }
    what.on(event as never, look)
    look()
  })
}

/** Resolves when the text is this. */
export const reads = ({ doc, text }: Desk, wanted: string) => until(doc, 'update', () => text.toString() === wanted)

/** Resolves when a signal of our provider says yes. */
export const says = (signal: Signal<boolean>) =>
  new Promise<void>((resolve) => {
    const stop = signal.subscribe((is) => is && resolve())
    if (signal.value) resolve()
    onTestFinished(stop)
  })

/** Resolves when these are here, by name. */
export const sees = ({ awareness }: Desk, ...names: string[]) => {
  const here = () => [...awareness.getStates().values()].flatMap(({ name }) => name ?? []).sort()
  return until(awareness as never, 'change', () => String(here()) === String(names))
}

interface Frame {
  readonly type: string
  readonly messages?: readonly { readonly key?: string; readonly base64?: string }[]
}

/** What a channel holds from an offset on. */
export async function held(server: PageServer, channel: string, offset: string) {
  const body = JSON.stringify({ subscribe: [{ channel, offset }], waitMs: 1 })
  const frames = (await (await fetch(server.url(), { method: 'POST', body })).json()) as Frame[]
  return frames.flatMap(({ messages = [] }) => messages)
}
