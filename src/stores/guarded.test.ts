/** Tests of the store as the hub uses it. */
import { describe, expect, it } from 'vitest'
import { deferred } from '../../test/support/core/deferred.js'
import type { Store } from '../core/store.js'
import { AnywireError } from '../protocol/error.js'
import { GuardedStore } from './guarded.js'
import { memory } from './memory/memory.js'

const limit = { messages: 10, bytes: 1_000 }
const create = { contentType: 'text/plain', retain: { messages: null, bytes: null, ageMs: null }, evictable: true }
const never = () => new Promise<never>(() => undefined)
const asks: Readonly<Record<string, (store: Store) => Promise<unknown>>> = {
  read: (store) => store.read('a', { kind: 'start' }, limit),
  snapshot: (store) => store.snapshot('a', undefined, undefined, limit),
  position: (store) => store.position(['a']),
  follow: (store) => store.follow('a'),
  create: (store) => store.create('a', create),
  delete: (store) => store.delete('a'),
  configure: (store) => store.configure('a', create),
}

/** A guard around a store of which some members are replaced. */
function guard(members: Partial<Record<keyof Store, () => unknown>>, storeMs = 60) {
  const inner = memory()
  const store = new Proxy(inner, {
    get(target, name: keyof Store) {
      const member: unknown = members[name] ?? target[name]
      return typeof member === 'function' ? member.bind(target) : member
    },
  })
  const told: AnywireError[] = []
  return { inner, told, guarded: new GuardedStore(store, { storeMs, onError: (error) => told.push(error) }) }
}

const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'resolved',
    (thrown) => (thrown instanceof AnywireError ? thrown.code : thrown),
  )

describe.each(Object.entries(asks))('a guarded store, asked to %s', (name, ask) => {
  const throws = () => {
    throw new Error('away')
  }

  it.each(['rejects', 'throws'])('is store-down where the store %s, and says so once', async (how) => {
    const cause = new Error('away')
    const { guarded, told } = guard({ [name]: how === 'throws' ? throws : () => Promise.reject(cause) })
    expect(await codeOf(ask(guarded))).toBe('store-down')
    expect(told.map(({ code, cause: why }) => [code, (why as Error).message])).toEqual([['store-down', 'away']])
  })

  it('is store-down where the store does not answer in time', async () => {
    const { guarded, told } = guard({ [name]: never })
    const at = performance.now()
    expect(await codeOf(ask(guarded))).toBe('store-down')
    expect(performance.now() - at).toBeGreaterThan(55)
    expect(told.map(({ cause }) => (cause as Error).message)).toEqual([expect.stringContaining('storeMs')])
  })

  it('rejects with what the store itself says in our words', async () => {
    const { guarded, told } = guard({ [name]: () => Promise.reject(new AnywireError('too-many', 'Full.')) })
    expect(await codeOf(ask(guarded))).toBe('too-many')
    expect(told).toEqual([])
  })

  it('rejects at once after it was closed, and what was under way too', async () => {
    const { guarded, told } = guard({ [name]: never }, 10_000)
    const underWay = codeOf(ask(guarded))
    await guarded.close()
    expect([await underWay, await codeOf(ask(guarded))]).toEqual(['draining', 'draining'])
    expect(told).toEqual([])
  })
})

describe('an append to a guarded store', () => {
  const append = (store: Store) => store.append('a', [{ data: Buffer.from('1') }], { create })

  it.each(['rejects', 'does not answer'])('has an unknown outcome where the store %s', async (how) => {
    const { guarded, told } = guard({ append: how === 'rejects' ? () => Promise.reject(new Error('away')) : never })
    expect(await append(guarded)).toMatchObject({ kind: 'unknown' })
    expect(told.length).toBe(1)
  })

  it('is counted while it is under way', async () => {
    const { guarded } = guard({ append: never })
    const appended = append(guarded)
    expect(guarded.writing).toBe(1)
    await appended
    expect(guarded.writing).toBe(0)
  })
})

describe('a guarded store', () => {
  it('ends a following that began too late, unless somebody has asked for it again', async () => {
    const unfollowed: unknown[] = []
    let begin: () => void = () => undefined
    const follow = () =>
      new Promise<void>((resolve) => {
        begin = resolve
      })
    const { guarded } = guard({ follow, unfollow: (...names: unknown[]) => unfollowed.push(...names) } as never)
    await codeOf(guarded.follow('a'))
    begin()
    await new Promise(setImmediate)
    expect(unfollowed).toEqual(['a'])
    await codeOf(guarded.follow('a'))
    const late = begin
    const again = guarded.follow('a')
    late()
    await new Promise(setImmediate)
    expect(unfollowed).toEqual(['a'])
    begin()
    await again
  })

  it('lets nothing through that touch or unfollow throw', () => {
    const throws = () => {
      throw new Error('away')
    }
    const { guarded, told } = guard({ touch: throws, unfollow: throws })
    guarded.touch(['a'])
    guarded.unfollow('a')
    expect(told.map(({ code }) => code)).toEqual(['store-down'])
  })

  it('tells one failure of an outage, and the next once it was answered meanwhile', async () => {
    const failures = [new Error('1'), new Error('2')]
    const { guarded, told } = guard({ position: () => Promise.reject(failures.shift()) })
    for (const name of ['position', 'position'] as const) await codeOf(guarded[name](['a']))
    expect(told.map(({ cause }) => (cause as Error).message)).toEqual(['1'])
    await guarded.read('a', { kind: 'start' }, limit)
    failures.push(new Error('3'))
    await codeOf(guarded.position(['a']))
    expect(told.map(({ cause }) => (cause as Error).message)).toEqual(['1', '3'])
  })

  it('refuses at once what is asked of a store that does not answer, and asks again as soon as it does', async () => {
    const gate = deferred()
    let asked = 0
    const position = async () => {
      asked++
      await gate.promise
      return []
    }
    const { guarded } = guard({ position })
    expect(await codeOf(guarded.position(['a']))).toBe('store-down')
    const probe = guarded.position(['a'])
    const refused = Array.from({ length: 100 }, () => codeOf(guarded.position(['a'])))
    expect(new Set(await Promise.all(refused))).toEqual(new Set(['store-down']))
    expect(asked).toBe(2)
    gate.resolve()
    await probe
    await guarded.position(['a'])
    expect(asked).toBe(3)
  })

  it('goes on asking where one call hangs and others are answered', async () => {
    const { guarded } = guard({ read: never })
    const hanging = codeOf(guarded.read('a', { kind: 'start' }, limit))
    const others = setInterval(() => void guarded.position(['a']), 5)
    expect(await hanging).toBe('store-down')
    clearInterval(others)
    const both = [guarded.position(['a']), guarded.position(['b'])]
    expect((await Promise.allSettled(both)).map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled'])
  })

  it('refuses an expiry where the store has none, before it is asked', async () => {
    const { guarded } = guard({ capabilities: { ...memory().capabilities, expiry: false } } as never)
    for (const over of [{ ttlSeconds: 1 }, { expiresAt: 1 }]) {
      expect(await codeOf(guarded.create('a', { ...create, ...over }))).toBe('bad-request')
    }
    expect(await codeOf(guarded.create('a', create))).toBe('resolved')
  })

  it('rejects an append with store-down where the store says that nothing was stored', async () => {
    const down = new AnywireError('store-down', 'Away.')
    const { guarded, told } = guard({ append: () => Promise.reject(down) })
    const append = () => guarded.append('a', [{ data: Buffer.from('1') }], { create })
    expect([await codeOf(append()), await codeOf(append())]).toEqual(['store-down', 'store-down'])
    expect(told).toEqual([down])
  })

  it('says nothing of what was under way when it was closed, and fails later', async () => {
    const ended = deferred()
    const read = ended.promise.then(() => Promise.reject(new Error('closed')))
    const { guarded, told } = guard({ read: () => read })
    const answer = codeOf(guarded.read('a', { kind: 'start' }, limit))
    await guarded.close()
    ended.resolve()
    expect([await answer, await codeOf(read)]).toEqual(['draining', new Error('closed')])
    expect(told).toEqual([])
  })

  it('is closed in time though the store is not', async () => {
    const { guarded, told } = guard({ close: never })
    await guarded.close()
    expect(told.length).toBe(1)
  })
})
