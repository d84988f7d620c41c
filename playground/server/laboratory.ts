/** Laboratory: each visitor has a load, and a line to the hub with faults of their own. */
import type { IncomingMessage } from 'node:http'
import type { Incoming, RuleContext } from 'anywire'
import { fieldsOf } from './fields.js'
import { Benches } from './laboratory/benches.js'
import { openInside } from './laboratory/inside.js'
import { handOn, handOnUpgrade } from './laboratory/line.js'
import { settingsOf } from './laboratory/settings.js'
import type { Scenario } from './scenario.js'
import { visitorOf } from './visitor.js'

let benches: Benches

const own = ({ params, principal }: RuleContext) => params.visitor === principal.id && principal.id !== 'guest'

export const laboratory: Scenario = {
  page: 'laboratory',
  rules: {
    // Short, so that one sees what is gone for good: it is announced as a gap.
    'laboratory/load/:visitor/:number': { publish: false, retain: { messages: 1_000, bytes: 1_048_576 } },
    'laboratory/settings/:visitor': { retain: { messages: 1 }, publish: own, receive: set },
    'laboratory/figures/:visitor': { publish: false, retain: { messages: 1 } },
    'laboratory/outbox/:visitor': { publish: own, retain: { messages: 100 }, receive: count },
    $stats: { subscribe: true, retain: { messages: 60 } },
  },

  start(hub) {
    const inside = openInside(hub)
    benches = new Benches(hub, inside.port)
    const clock = setInterval(() => hub.publish('$stats', hub.stats()).catch(console.error), 1000)
    return () => {
      clearInterval(clock)
      benches.end()
      inside.close()
    }
  },

  // What is asked for below `/lab/` goes by way of the visitor's line.
  mounts: () => ({
    lab: {
      async handle(request, response) {
        const port = await lineOf(request)
        if (port) handOn(port, request, response)
        else response.writeHead(503, { 'retry-after': '60' }).end('The laboratory has no room for you now.\n')
      },
      async upgrade(request, socket, head) {
        socket.on('error', () => socket.destroy())
        const port = await lineOf(request)
        if (port) handOnUpgrade(port, request, socket, head)
        else socket.destroy()
      },
    },
  }),
}

/** The port of the visitor's line; undefined for guests, and while there is no room. */
async function lineOf(request: IncomingMessage): Promise<number | undefined> {
  const visitor = visitorOf(request)
  const bench = visitor === undefined ? undefined : await benches.of(visitor).catch(() => undefined)
  return bench?.port
}

async function set(message: Incoming, { principal }: RuleContext) {
  const bench = await benches.of(principal.id)
  bench.settings = settingsOf(message.data)
  message.data = bench.settings
}

function count(message: Incoming) {
  const { number } = fieldsOf(message)
  message.data = { number: Number.isSafeInteger(number) ? number : 0 }
}
