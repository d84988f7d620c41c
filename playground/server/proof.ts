/** The proof on the first page: numbered messages that all read, and a way to the hub that can be cut for one of two readers. */
import type { IncomingMessage } from 'node:http'
import type { Load } from './laboratory/load.js'
import { Network } from './network.js'
import type { Scenario } from './scenario.js'

/** What a visitor reads below `/train/`, and what cuts only that. */
export const train = new Network()

const perSecond = 10

export const proof: Scenario = {
  rules: { 'proof/line': { publish: false, retain: { messages: 3_000 } } },

  start(hub) {
    const run = Date.now()
    let number = 0
    const publish = () => {
      const message: Load = { run, number: ++number, at: Date.now(), pad: '' }
      hub.publish('proof/line', message).catch(console.error)
    }
    const clock = setInterval(publish, 1000 / perSecond)
    return () => clearInterval(clock)
  },

  // `/train/channels/…` is `/channels/…` to the hub.
  mounts: (hub) => ({
    train: {
      handle: (request, response) => train.passes(request) && hub.handle(inner(request), response),
      upgrade: (request, socket, head) => train.passes(request) && hub.upgrade(inner(request), socket, head),
    },
  }),
}

const inner = (request: IncomingMessage) => Object.assign(request, { url: request.url?.slice('/train'.length) ?? '' })
