/** The worker's end of its lines: each begins with a hello, and gets a core of the worker or of a tab group. */
import { createCore } from '../core.js'
import type { ToCore } from '../port.js'
import { deliver } from './deliver.js'
import { joinGroup } from './group.js'
import { createHost, type Host } from './host.js'
import { type FromPage, freshName, type Hello, type ToCorePort, type ToPagePort, type WorkerLine } from './line.js'
import { hold, whenGone } from './locks.js'

/** Serves every page that connects to this worker. */
export function serve(): void {
  const turn = freshName()
  let alive: Promise<unknown> | undefined
  let host: Host | undefined

  const alone = async ({ core, lock }: Hello, toPage: ToPagePort): Promise<ToCorePort> => {
    // Held for the life of this worker: pages learn by it that the worker is no more.
    if (lock) alive ??= hold(turn).catch(() => {})
    await alive
    host ??= createHost(createCore, core)
    const toCore = host.join(turn, toPage)
    if (lock) whenGone(lock, () => toCore({ type: 'close' }))
    return (_: string, message: ToCore) => toCore(message)
  }
  const begin = (hello: Hello, toPage: ToPagePort): Promise<ToCorePort> =>
    hello.group ? joinGroup(hello.group, hello.core, toPage).catch(() => alone(hello, toPage)) : alone(hello, toPage)

  const open = (line: WorkerLine) => {
    let toCore: ToCorePort = () => {}
    line.onmessage = async ({ data }: MessageEvent<FromPage>) => {
      if ('core' in data) toCore = await begin(data, (message) => deliver((one) => line.postMessage(one), message))
      else toCore(...data)
    }
  }
  addEventListener('connect', (event) => open((event as MessageEvent).ports[0]!))
  open(globalThis as unknown as WorkerLine)
}
