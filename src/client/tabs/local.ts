/** A core in the thread of its client: messages are handed over later, as from a worker, but as they are. */
import type { Core } from '../core.js'
import type { CorePort, FromCore } from '../port.js'

export function openLocal(core: Core, heard: (message: FromCore) => void): CorePort {
  let open = true
  const later = (act: () => void) => queueMicrotask(() => open && act())
  const say = core.attach({ send: (message) => later(() => heard(message)) })
  return {
    send: (message) => later(() => say(message)),
    close() {
      open = false
      core.close()
    },
  }
}
