/** When the client tries a better transport again: it looks for one after 15 s, and then after twice as long each time. */
import type { Transport } from 'anywire/client'

/** Best first. */
const order: readonly Transport[] = ['websocket', 'stream', 'poll']
/** Longest time between two looks. */
const mostMs = 300_000

/** What the client has learnt of the way: until when a transport is left alone, in milliseconds since 1970. */
export type Learnt = Partial<Record<Transport, { readonly until: number }>>

export interface NextTry {
  readonly transport: Transport
  readonly inMs: number
}

/** `provenAt`: since when the one in use is. `probeMs`: as in the times of the client. Undefined: it is the best there is. */
export function nextTry(
  inUse: Transport,
  provenAt: number,
  learnt: Learnt,
  now: number,
  probeMs = 15_000,
): NextTry | undefined {
  const better = order.slice(0, order.indexOf(inUse)).filter((one) => learnt[one])
  if (better.length === 0) return undefined
  let at = provenAt
  for (let ms = probeMs; ; ms = Math.min(ms * 2, mostMs)) {
    at += ms
    const transport = better.find((one) => (learnt[one]?.until ?? 0) <= at)
    if (transport && at > now) return { transport, inMs: at - now }
  }
}

/** What the client has learnt of a mount path. It keeps that for the next page. */
export function learntOf(mount: string): Learnt {
  try {
    return Object(JSON.parse(localStorage.getItem(`anywire ${new URL(mount, location.href).href}`) ?? '{}'))
  } catch {
    return {}
  }
}
