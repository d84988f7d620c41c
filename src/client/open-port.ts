/** `openPort`: a client's line to a core, by the best way that can be had, kept through what happens to the page. */
import type { CoreOptions, CorePort, FromCore } from './port.js'
import { type CreateCore, type Hello, sharedName } from './tabs/line.js'
import { openLocal } from './tabs/local.js'
import { type Events, talk } from './tabs/talk.js'

export type Share = 'tabs' | 'worker' | 'none'

export interface PortOptions {
  readonly core: CoreOptions
  readonly share: Share
  /** Who this is: different ones never share. */
  readonly identity: string | undefined
  /** For a core in this thread. */
  readonly createCore: CreateCore
}

/** Opens a line, or throws, or fails later. */
type Way = (events: Events) => CorePort

export const inPage = typeof document !== 'undefined'

/** Whenever another core serves it, the client hears `moved`, and is to say everything again. */
export function openPort(options: PortOptions, receive: (message: FromCore) => void): CorePort {
  const ways = waysOf(options)
  const ended = new AbortController()
  let line: CorePort | undefined
  let returned = false

  const open = () => {
    try {
      line = ways[0]?.({ receive, failed: () => again(1), lost: () => again(0) })
    } catch {
      return again(1)
    }
    if (returned && ways.length === 1) receive({ type: 'moved' })
  }
  const again = (skip: number) => {
    put()
    ways.splice(0, skip)
    open()
  }
  /** Away: a page that is put aside keeps nothing open. */
  const put = () => {
    line?.close()
    line = undefined
  }
  const when = (types: readonly string[], act: () => void) => {
    for (const type of types) globalThis.addEventListener?.(type, act, { signal: ended.signal, capture: true })
  }
  when(['pagehide', 'freeze'], put)
  when(['pageshow', 'resume'], () => line ?? open())
  when(['online'], () => line?.send({ type: 'hurry' }))
  open()
  returned = true
  return {
    send: (message) => line?.send(message),
    close() {
      ended.abort()
      put()
    },
  }
}

/** Best first; the last never fails. */
function waysOf({ core, share, identity, createCore }: PortOptions): Way[] {
  const local: Way = ({ receive }) => openLocal(createCore(core), receive)
  if (share === 'none' || !inPage) return [local]

  const name = sharedName(identity, core)
  const hello: Hello = { core, group: share === 'tabs' ? name : undefined }
  // Bundlers look for these expressions as they stand here.
  const shared: Way = (events) =>
    talk(new SharedWorker(new URL('./worker.js', import.meta.url), { type: 'module', name }), { core }, events)
  const own: Way = (events) =>
    talk(new Worker(new URL('./worker.js', import.meta.url), { type: 'module', name }), hello, events)
  // A browser makes no worker of another origin's script, but one that imports it.
  const foreign: Way = (events) => {
    const script = `import "${import.meta.url.replace(/[^/]*$/, 'worker.js')}"`
    const url = URL.createObjectURL(new Blob([script], { type: 'text/javascript' }))
    return talk(new Worker(url, { type: 'module', name }), hello, events)
  }
  return share === 'tabs' ? [shared, own, foreign, local] : [own, foreign, local]
}
