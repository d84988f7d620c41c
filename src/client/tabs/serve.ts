/** The worker's end of its lines, one in a dedicated worker and many in a shared one: each begins with a hello, and is served by the worker's own core or by a crew's. */
import { createCore } from '../core.js'
import type { ToCore } from '../port.js'
import { joinCrew } from './crew.js'
import { deliver } from './deliver.js'
import { createHost, type Host } from './host.js'
import { type FromPage, freshName, type Hello, type Line, type Say, type Tell } from './line.js'
import { hold, whenGone } from './locks.js'

/** Serves whoever speaks to this worker. */
export function serve(): void {
  const turn = freshName()
  let alive: Promise<unknown> | undefined
  let host: Host | undefined

  const alone = async ({ core, lock }: Hello, tell: Tell): Promise<Say> => {
    // Held for the life of this worker: pages learn by it that the worker is no more.
    if (lock) alive ??= hold(turn).catch(() => {})
    await alive
    host ??= createHost(createCore, core)
    const say = host.join(turn, tell)
    if (lock) whenGone(lock, () => say({ type: 'close' }))
    return (_: string, message: ToCore) => say(message)
  }
  const begin = (hello: Hello, tell: Tell): Promise<Say> =>
    hello.crew ? joinCrew(hello.crew, hello.core, tell).catch(() => alone(hello, tell)) : alone(hello, tell)

  const open = (line: Line) => {
    let say: Say = () => {}
    line.onmessage = async ({ data }: MessageEvent<FromPage>) => {
      if ('core' in data) say = await begin(data, (message) => deliver((one) => line.postMessage(one), message))
      else say(...data)
    }
  }
  addEventListener('connect', (event) => open((event as MessageEvent).ports[0]!))
  open(globalThis as unknown as Line)
}
