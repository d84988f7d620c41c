/** Tests of a subscription's states: every state × event. */
import { describe, expect, it } from 'vitest'
import { type SubscriptionEvent, type SubscriptionState, transitions } from './states.js'

const states = Object.keys(transitions) as SubscriptionState[]
const events: SubscriptionEvent[] = ['reached-head', 'grew', 'read', 'page', 'full', 'drained', 'close']

/** The drawing at the top of the file, arrow by arrow. What is not drawn changes nothing. */
const arrows: Readonly<Record<string, SubscriptionState>> = {
  'behind reached-head': 'live',
  'behind read': 'reading',
  'behind full': 'waiting',
  'behind close': 'closed',
  'reading page': 'behind',
  'reading close': 'closed',
  'live grew': 'behind',
  'live full': 'waiting',
  'live close': 'closed',
  'waiting drained': 'behind',
  'waiting close': 'closed',
}

describe('subscription', () => {
  it.each(states.flatMap((state) => events.map((event) => [state, event] as const)))('%s, %s', (state, event) => {
    expect(transitions[state][event]).toBe(arrows[`${state} ${event}`] ?? 'same')
  })

  it('can always come to its end, and never from it', () => {
    for (const state of states) expect(transitions[state].close).toBe(state === 'closed' ? 'same' : 'closed')
    expect(new Set(Object.values(transitions.closed))).toEqual(new Set(['same']))
  })
})
