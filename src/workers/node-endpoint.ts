/** A port of node:worker_threads as comlink wants it. */
import type { Endpoint } from './comlink.js'

interface NodePort {
  postMessage(message: unknown, transfer?: readonly Transferable[]): void
  on(type: 'message', listener: (data: unknown) => void): unknown
}

/** comlink never removes a listener of a port that is used to its end. */
export function nodeEndpoint(port: NodePort): Endpoint {
  return {
    postMessage: (message: unknown, transfer?: Transferable[]) => port.postMessage(message, transfer),
    addEventListener(_type, listener) {
      const hear = 'handleEvent' in listener ? listener.handleEvent.bind(listener) : listener
      port.on('message', (data) => hear(new MessageEvent('message', { data })))
    },
    removeEventListener: () => {},
  }
}
