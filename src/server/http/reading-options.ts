/** `slow` and `rate` in a URL. */

import type { SubscriptionOptions } from '../../core/reading/subscription.js'
import { rateOnGrid, type Slow } from '../../protocol/anywire-v1.js'
import { AnywireError } from '../../protocol/error.js'
import { single } from './target.js'

/**
 * @throws AnywireError `bad-request` if they are not among what PROTOCOL.md 4.1 lists, or if the framing could not
 * announce what is left out.
 */
export function readingOptions(query: URLSearchParams, framing: { readonly gap?: unknown }): SubscriptionOptions {
  return { slow: slowOf(single(query, 'slow'), framing), rate: rateOf(single(query, 'rate')) }
}

function slowOf(text: string | undefined, framing: { readonly gap?: unknown }): Slow {
  if (text === undefined || text === 'catch-up' || text === 'disconnect') return text ?? 'catch-up'
  if (text !== 'conflate')
    throw new AnywireError('bad-request', '"slow" must be "catch-up", "conflate" or "disconnect".')
  if (framing.gap) return text
  throw new AnywireError(
    'bad-request',
    'This form cannot announce what conflation leaves out; use anywire.v1 or plain SSE.',
  )
}

function rateOf(text: string | undefined): SubscriptionOptions['rate'] {
  if (text === undefined) return undefined
  const rate = rateOnGrid(Number(text))
  if (rate === undefined) throw new AnywireError('bad-request', '"rate" must be a number of writes per second, from 1.')
  return rate
}
