/** Tests of what rules ask of a store that cannot do it. */
import { describe, expect, it } from 'vitest'
import { memory } from '../stores/memory/memory.js'
import { checkCapabilities } from './lacking.js'
import type { Rules } from './rule.js'
import type { StoreCapabilities } from './store.js'

const able = memory().capabilities
const poor: StoreCapabilities = { ...able, keys: false, retains: { messages: true, bytes: false, ageMs: false } }

describe('a rule', () => {
  it.each<[string, Rules[string]]>([
    ['keys', { keys: true }],
    ['retain.bytes', { retain: { bytes: 1_000 } }],
    ['retain.ageMs', { retain: { messages: 5, ageMs: 60_000 } }],
  ])('that asks for "%s" is refused where the store lacks it', (name, rule) => {
    const check = (capabilities: StoreCapabilities) => () => checkCapabilities({ 'chat/:room': rule }, { capabilities })
    expect(check(poor)).toThrow(`The rule "chat/:room" asks for "${name}"`)
    expect(check(able)).not.toThrow()
  })

  it('that asks for nothing of it is not', () => {
    const rules: Rules = { a: {}, b: { keys: false, retain: { messages: 5, bytes: null } } }
    expect(() => checkCapabilities(rules, { capabilities: poor })).not.toThrow()
  })

  it('is judged by the store that its channels have', () => {
    const asked: string[] = []
    const capabilitiesOf = (channel: string) => {
      asked.push(channel)
      return channel.startsWith('$stats/') ? able : poor
    }
    const store = { capabilities: poor, capabilitiesOf }
    expect(() => checkCapabilities({ '$stats/:node/*': { keys: true } }, store)).not.toThrow()
    expect(() => checkCapabilities({ '*': { keys: true } }, store)).toThrow('"*"')
    expect(asked).toEqual(['$stats/x/x', 'x'])
  })
})
