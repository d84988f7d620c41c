/** One core for several lines: made for the first, closed after the last. */
import type { Core } from '../core.js'
import type { CoreOptions, ToCore } from '../port.js'
import type { CreateCore, ToPagePort } from './line.js'

export interface Host {
  /**
   * Serves a line, which is told that it has moved here. What it says goes to the function that is answered; `close`
   * ends it.
   */
  join(turn: string, toPage: ToPagePort): (message: ToCore) => void
  /** Closes the core. The clients are not notified. */
  close(): void
}

export function createHost(createCore: CreateCore, options: CoreOptions): Host {
  let core: Core | undefined
  let lines = new Set<ToPagePort>()

  const close = () => {
    lines.clear()
    core?.close()
    core = undefined
  }
  const join = (turn: string, toPage: ToPagePort) => {
    const mine = lines.add(toPage)
    toPage({ type: 'moved', turn })
    core ??= createCore(options)
    const toCore = core.attach({
      send(message) {
        if (!mine.has(toPage)) return
        toPage(message)
        // Refused for good. Whoever comes now may have a better credential, and gets a core that has not failed.
        if (message.type === 'state' && message.state === 'closed' && mine === lines) {
          core = undefined
          lines = new Set()
        }
      },
    })
    return (message: ToCore) => {
      if (!mine.has(toPage)) return
      if (message.type === 'close') mine.delete(toPage)
      toCore(message)
      if (mine === lines && mine.size === 0) close()
    }
  }
  return { join, close }
}
