/** A core without a server: it keeps what it is told, and tells each client of the ends that it asks for. */
import type { Core } from '../../src/client/core.js'
import type { CoreOptions, FromCore, ToCore } from '../../src/client/port.js'

export const options: CoreOptions = { url: 'http://hub.example/channels', transports: ['websocket'] }

export interface EchoCore extends Core {
  readonly said: readonly ToCore[]
  readonly closed: boolean
  /** Tells every client. */
  tell(message: FromCore): void
}

function echoCore(): EchoCore {
  const said: ToCore[] = []
  const ports = new Set<(message: FromCore) => void>()
  let closed = false
  return {
    said,
    get closed() {
      return closed
    },
    tell(message) {
      for (const send of ports) send(message)
    },
    attach(port) {
      ports.add((message) => port.send(message))
      return (message) => {
        said.push(message)
        if (message.type === 'unsubscribe') for (const id of message.ids) port.send({ type: 'ended', id })
      }
    },
    close() {
      closed = true
      this.tell({ type: 'state', state: 'closed' })
    },
  }
}

/** Every core that was made. */
export function echoes() {
  const cores: EchoCore[] = []
  const createCore = () => {
    const core = echoCore()
    cores.push(core)
    return core
  }
  return { cores, createCore }
}
