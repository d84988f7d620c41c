/** The faults: the rows of the table. */
import { setTimeout as wait } from 'node:timers/promises'

/** @typedef {import('./proxy.mjs').Proxy} Proxy */

/**
 * @typedef {object} Row
 * @property {string} name
 * @property {(proxy: Proxy) => void} [before] what is wrong from the start: the time is that from opening the client to its first message
 * @property {(proxy: Proxy) => Promise<void>} [fault] resolves at its end, from which time is counted
 * @property {'process' | 'hub'} [restart] the fault is a server that crashes and begins anew, with or without what it had in memory
 * @property {number} boundMs who has no message by then is counted as never
 * @property {boolean} [aside] takes so long that it runs beside the other rows, on servers of its own
 */

/** @param {boolean} quick @returns {Row[]} */
export function rows(quick) {
  const boundMs = quick ? 5_000 : 15_000
  return [
    { name: 'connection cut by FIN', fault: (proxy) => proxy.cut('fin'), boundMs },
    { name: 'connection cut by RST', fault: (proxy) => proxy.cut('reset'), boundMs },
    { name: 'server restarted, its log kept', restart: 'hub', boundMs },
    { name: 'server restarted, its log lost', restart: 'process', boundMs },
    { name: 'network change: cut, then 2 s of refusal', fault: refused, boundMs },
    { name: 'cut, then a proxy that answers 502 for 1 s', fault: badGateway, boundMs },
    { name: 'WebSocket refused at the start (403)', before: (proxy) => proxy.webSockets({ refuse: 403 }), boundMs },
    {
      name: 'WebSocket black-holed at the start',
      before: (proxy) => proxy.webSockets('black-hole'),
      boundMs: quick ? 3_000 : 30_000,
      aside: true,
    },
    {
      name: 'silence: the server is gone, the connection stays',
      fault: async (proxy) => proxy.halfOpen(),
      boundMs: quick ? 3_000 : 60_000,
      aside: true,
    },
  ]
}

/** @param {Proxy} proxy */
async function refused(proxy) {
  proxy.refuse('reset')
  await proxy.cut('fin')
  await wait(2_000)
  await proxy.accept()
}

/** @param {Proxy} proxy */
async function badGateway(proxy) {
  const end = proxy.status(502, {}, { times: Number.POSITIVE_INFINITY, match: () => true })
  await proxy.cut('fin')
  await wait(1_000)
  end()
}
