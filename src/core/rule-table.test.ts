/** Tests of rules: which one holds for a channel, and what it says. */
import { describe, expect, it } from 'vitest'
import { contextOf, mayPublish, mayRead, type Rule, type Rules } from './rule.js'
import { compileRules } from './rule-table.js'

const table = (rules: Rules, create: 'on-use' | 'explicit' = 'on-use') => compileRules(rules, { create })
const someone = { id: 'someone' }

describe('rule table', () => {
  it('takes the first pattern that fits, in declared order', () => {
    const rules = table({ 'chat/vip': { cache: 'public' }, 'chat/:room': {}, 'chat/*': {}, '*': {} })
    const found = ['chat/vip', 'chat/7', 'chat/7/log', 'news'].map((name) => rules.of(name).pattern)
    expect(found).toEqual(['chat/vip', 'chat/:room', 'chat/*', '*'])
  })

  it('gives the values of names, and of a final star as rest', () => {
    const { params } = table({ 'org/:org/:room/*': {} }).of('org/acme/lobby/a/b')
    expect(params).toEqual({ org: 'acme', room: 'lobby', rest: 'a/b' })
  })

  it('does not fit a star to nothing', () => {
    expect(table({ 'chat/*': {} }).of('chat').pattern).toBeUndefined()
  })

  it('keeps a segment named like a member of Object out of the prototype', () => {
    const { params } = table({ ':__proto__': {} }).of('x')
    expect(Object.getPrototypeOf(params)).toBeNull()
  })

  it('fills in the defaults', () => {
    const rule = table({}).of('news')
    expect(rule.config).toEqual({
      contentType: 'application/json',
      retain: { messages: 10_000, bytes: 16 * 1_048_576, ageMs: null },
      maxKeys: undefined,
      evictable: true,
    })
    expect(rule).toMatchObject({ cache: 'private', subscribe: true, publish: true, fixedType: false, params: {} })
  })

  it('lets each field of retain stand for itself', () => {
    const { retain } = table({ '*': { retain: { messages: 5 } } }).of('news').config
    expect(retain).toEqual({ messages: 5, bytes: 16 * 1_048_576, ageMs: null })
  })

  it('keeps 10,000 keys where a rule asks for keys', () => {
    expect(table({ '*': { keys: true } }).of('a').config.maxKeys).toBe(10_000)
    expect(table({ '*': { maxKeys: 5 } }).of('a').config.maxKeys).toBeUndefined()
  })

  it('makes channels evictable only if a publish creates them', () => {
    expect(table({}, 'explicit').of('a').config.evictable).toBe(false)
  })

  it('answers the same object for the same channel', () => {
    const rules = table({ ':a': {} })
    expect(rules.of('x')).toBe(rules.of('x'))
  })

  it.each<[string, string]>([
    ['', 'is empty'],
    ['a//b', 'empty segment'],
    ['*/b', 'only as its last segment'],
    ['chat-*', 'only as its last segment'],
    ['a/:', 'comes a name'],
    ['a/:1', 'comes a name'],
    [':a/:a', 'names "a" twice'],
    [':rest/*', 'names "rest" twice'],
  ])('refuses the pattern %j', (pattern, sentence) => {
    expect(() => table({ [pattern]: {} })).toThrow(sentence)
  })

  it.each<[unknown, string]>([
    [{ recieve: () => 1 }, 'did you mean "receive"?'],
    [{ retain: { messages: -1 } }, '"retain"'],
    [{ retain: { seconds: 1 } }, '"retain"'],
    [{ contentType: 'json' }, '"contentType"'],
    [{ schema: {} }, '"schema"'],
    [{ schema: null }, '"schema"'],
    [{ key: 'symbol' }, 'JSON Pointer'],
    [{ key: '/a', contentType: 'text/plain' }, 'has a key in JSON'],
    [{ maxKeys: 0 }, '"maxKeys"'],
    [{ subscribe: 'yes' }, '"subscribe"'],
    [null, 'is not an object'],
  ])('refuses the rule %j', (rule, sentence) => {
    expect(() => table({ 'a/b': rule as Rule })).toThrow(sentence)
  })
})

describe('reserved names', () => {
  const may = (rules: Rules, channel: string) => {
    const rule = table(rules).of(channel)
    const context = contextOf(rule, someone)
    return [mayRead(rule, context), mayPublish(rule, context)]
  }

  it('are denied to everybody without a rule', () => {
    expect(may({}, '$stats')).toEqual([false, false])
  })

  it('are not granted by a pattern that does not begin with $', () => {
    expect(may({ '*': { subscribe: true }, ':a': { subscribe: true } }, '$stats')).toEqual([false, false])
  })

  it('are read, and never published to, where a rule grants them', () => {
    expect(may({ '$presence/*': { subscribe: true, publish: true } }, '$presence/room')).toEqual([true, false])
  })

  it.each(['$nodes', '$moved/chat/1'])('are not read by a rule where nodes alone talk (%s)', (channel) => {
    expect(may({ [channel]: { subscribe: true } }, channel)).toEqual([false, false])
  })
})

describe('decision', () => {
  const decide = (subscribe: Rule['subscribe']) => {
    const rule = table({ 'chat/:room': { subscribe } }).of('chat/7')
    return mayRead(rule, contextOf(rule, someone))
  }

  it('is told channel, params and principal', () => {
    expect(
      decide(
        ({ channel, params, principal }) => channel === 'chat/7' && params.room === '7' && principal.id === 'someone',
      ),
    ).toBe(true)
  })

  it('answers without a promise unless it is one', async () => {
    expect(decide(false)).toBe(false)
    await expect(decide(async () => true)).resolves.toBe(true)
  })

  it('takes nothing but true for yes', async () => {
    const sloppy = (value: unknown) => (() => value) as () => boolean
    expect(decide(sloppy('yes'))).toBe(false)
    expect(decide(sloppy(undefined))).toBe(false)
    await expect(decide(sloppy(Promise.resolve('yes')))).resolves.toBe(false)
  })
})
