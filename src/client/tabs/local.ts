/** A core in the thread of its client: messages are handed over later, as from a worker, but as they are. */
import type { Core } from '../core.js'
import type { CorePort, FromCore } from '../port.js'

export function openLocal(core: Core, receive: (message: FromCore) => void): CorePort {
  let open = true
  const later = (act: () => void) => queueMicrotask(() => open && act())
  const toCore = core.attach({ send: (message) => later(() => receive(message)) })
  return {
    send: (message) => later(() => toCore(message)),
    close() {
      open = false
      core.close()
    },
  }
}
