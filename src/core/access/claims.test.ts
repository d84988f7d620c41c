/** Tests of grants: what each form of claims allows, what is refused, and what no claim ever gets. */
import { describe, expect, it } from 'vitest'
import { AnywireError } from '../../protocol/error.js'
import { type Claims, claimLimits, grantsOf } from './claims.js'
import { type Action, actions, type Grants } from './grants.js'

const type = 'https://anywire.dev/channels'
const detail = (more: object) => ({ authorization_details: [{ type, actions: ['subscribe'], ...more }] })
const match = (...patterns: string[]) => ({ topics: patterns.map((pattern) => ({ match: pattern })) })

/** The actions that are allowed there, in the order of the list. */
const allowed = (claims: Claims, channel: string) => {
  const grants = grantsOf(claims)
  return actions.filter((action) => grants.allows(action, channel))
}

describe('grants', () => {
  it('are read from `authorization_details`', () => {
    const claims = detail({ actions: ['subscribe', 'publish', 'history'], ...match('chat/:room', 'news') })
    expect(allowed(claims, 'chat/7')).toEqual(['subscribe', 'publish'])
    expect(allowed(claims, 'news')).toEqual(['subscribe', 'publish'])
    expect(allowed(claims, 'chat/7/log')).toEqual([])
  })

  it('are read from the short form', () => {
    const claims = { channels: { 'chat/*': ['subscribe', 'publish'], news: ['subscribe'], 'lab/:x': ['*'] } }
    expect(allowed(claims, 'chat/7/log')).toEqual(['subscribe', 'publish'])
    expect(allowed(claims, 'news')).toEqual(['subscribe'])
    expect(allowed(claims, 'lab/1')).toEqual([...actions])
    expect(allowed(claims, 'chat')).toEqual([])
  })

  it('are read from the `caps` of Centrifugo, of which the first that fits counts', () => {
    const caps = [
      { channels: ['news:vip'], allow: ['pub'] },
      { channels: ['news:*'], match: 'wildcard', allow: ['sub', 'hst', 'prs'] },
    ]
    expect(allowed({ caps }, 'news:1')).toEqual(['subscribe', 'presence'])
    expect(allowed({ caps }, 'news:vip')).toEqual(['publish'])
    expect(allowed({ caps }, 'news:')).toEqual([])
  })

  it('are read from a subscription token of Centrifugo', () => {
    expect(allowed({ channel: '$private:1', allow: ['pub'] }, '$private:1')).toEqual(['subscribe', 'publish'])
    expect(allowed({ channel: 'a:1' }, 'a:1')).toEqual(['subscribe'])
    expect(allowed({ channel: 'a:1' }, 'a:2')).toEqual([])
  })

  it('are read from the claim of Mercure before 1.0, and from its details', () => {
    const mercure = { subscribe: ['books/{id}', 'a/:b'], publish: ['*'] }
    expect(allowed({ mercure }, 'books/1')).toEqual(['subscribe', 'publish'])
    expect(allowed({ mercure }, 'a/:b')).toEqual(['subscribe', 'publish'])
    expect(allowed({ mercure }, 'a/c')).toEqual(['publish'])
    const topics = [{ match: 'a/:b' }, { match: '/users/:id/*', match_type: 'urlpattern' }]
    const claims = {
      authorization_details: [{ type: 'https://mercure.rocks/authorization-detail', actions: ['publish'], topics }],
    }
    expect(['a/:b', 'a/c', 'users/1/x'].map((channel) => allowed(claims, channel).length)).toEqual([1, 0, 1])
  })

  it('add to each other, whatever their form', () => {
    const claims = { ...detail(match('a')), channels: { a: ['publish'] }, caps: [{ channels: ['a'], allow: ['prs'] }] }
    expect(allowed(claims, 'a')).toEqual(['subscribe', 'publish', 'presence'])
  })

  it('are none where no claim is about them', () => {
    const claims = { sub: 'ann', channels: ['news'], authorization_details: [{ type: 'payment', amount: 1 }] }
    expect(allowed(claims, 'news')).toEqual([])
  })

  it('of a pattern without "$" include no name that begins with it', () => {
    const claims: Claims = {
      channels: { '*': ['*'], ':a': ['*'], ':a/*': ['*'] },
      caps: [{ channels: ['*'], match: 'wildcard', allow: ['sub'] }],
      mercure: { subscribe: ['*', '{a}', '{a}/{b}'] },
    }
    expect(allowed(claims, '$revoked')).toEqual([])
    expect(allowed(claims, '$presence/chat')).toEqual([])
    expect(allowed({ channels: { '$presence/*': ['presence'] } }, '$presence/chat')).toEqual(['presence'])
  })

  it('of publishing may be for one message key', () => {
    const grants = grantsOf(detail({ actions: ['publish'], key: 'ann', ...match('seats') }))
    expect(grants.allows('publish', 'seats')).toBe(true)
    expect(['ann', 'bob', undefined].map((key) => grants.allowsKey('seats', key))).toEqual([true, false, false])
    expect(grants.allowsKey('other', 'ann')).toBe(false)
    expect(grantsOf(detail({ actions: ['subscribe'], ...match('seats') })).allowsKey('seats', 'ann')).toBe(false)
  })
})

describe('a placeholder', () => {
  const channels = { 'user/{sub}/*': ['subscribe'] }

  it('stands for who holds the token', () => {
    expect(allowed({ sub: 'ann', channels }, 'user/ann/inbox')).toEqual(['subscribe'])
    expect(allowed({ sub: 'ann', channels }, 'user/bob/inbox')).toEqual([])
    expect(allowed({ sub: '7', channels: { 'user:{sub}': ['subscribe'] } }, 'user:7')).toEqual(['subscribe'])
  })

  it.each([undefined, '', 'a/b', '..', '.', '$a', 'a\n', 7])(
    'without a value that is a segment (%j) grants nothing',
    (sub) => {
      for (const channel of ['user/a/b', 'user/a/b/c', 'user//b', 'user/../b', 'user/$a/b', 'user/7/b', 'user/{sub}/b'])
        expect(allowed({ sub, channels }, channel)).toEqual([])
    },
  )

  it.each([':any', '*', '{tenant}', '{sub}'])('is literal, whatever it stands for (%s)', (sub) => {
    const claims = { sub, tenant: 'acme', channels: { '{tenant}/{sub}/:any': ['subscribe'] } }
    expect(allowed(claims, `acme/${sub}/x`)).toEqual(['subscribe'])
    expect(allowed(claims, 'acme/bob/x')).toEqual([])
    expect(allowed(claims, 'acme/acme/x')).toEqual([])
  })

  it('never makes a name of Anywire', () => {
    expect(allowed({ sub: '$hub', channels: { '{sub}': ['*'], '{sub}/*': ['*'] } }, '$hub')).toEqual([])
  })

  it.each(['{user}', '{sub}{tenant}', '{}', 'a{b}c'])(
    'that is unknown or one of two (%s) refuses the token',
    (segment) => {
      expect(() => grantsOf({ sub: 'a', channels: { [segment]: ['subscribe'] } })).toThrow(
        /one "\{sub\}" or one "\{tenant\}"/,
      )
    },
  )
})

describe('a tenant', () => {
  it('is what every granted channel is below', () => {
    const claims: Claims = {
      tenant: 'acme',
      channels: { 'chat/*': ['*'], '{tenant}/own': ['*'], 'in/{tenant}': ['*'], '$presence/{tenant}/*': ['*'] },
      caps: [{ channels: ['n:*', '*'], match: 'wildcard', allow: ['sub'] }],
      mercure: { publish: ['m'] },
    }
    const inside = ['acme/chat/1', 'acme/own', 'acme/in/acme', '$presence/acme/x', 'acme/n:1', 'acme/m', 'acme/x']
    const outside = ['chat/1', 'in/acme', 'n:1', 'm', 'other/chat/1', 'acme', '$presence/other/x', '$presence/acme']
    expect(inside.filter((channel) => allowed(claims, channel).length === 0)).toEqual([])
    expect(outside.filter((channel) => allowed(claims, channel).length > 0)).toEqual([])
  })

  it('gets no reserved name by a pattern that does not name it', () => {
    const claims = { tenant: 'acme', channels: { '$presence/*': ['*'], $revoked: ['*'] }, channel: '$x' }
    for (const name of ['$presence/acme', '$revoked', '$x', 'acme/$x']) expect(allowed(claims, name)).toEqual([])
  })

  it.each(['a/b', '', '$a', 7, null, '..', {}])('that is no segment (%j) refuses the token', (tenant) => {
    expect(() => grantsOf({ tenant })).toThrow(/"tenant"/)
  })
})

describe('a claim that is malformed or too large', () => {
  const deep = (levels: number): unknown => (levels === 0 ? 1 : [deep(levels - 1)])
  const many = <T>(count: number, one: (index: number) => T) => Array.from({ length: count }, (_, index) => one(index))
  const wrong: Record<string, Claims> = {
    'details that are no array': { authorization_details: {} },
    'a detail that is null': { authorization_details: [null] },
    'no actions': { authorization_details: [{ type, topics: [{ match: 'a' }] }] },
    'an unknown action': detail({ actions: ['subscribe', 'admin'], ...match('a') }),
    'no topics': detail({}),
    'topics that are empty': detail({ topics: [] }),
    'a topic that is text': detail({ topics: ['a'] }),
    'a pattern that cannot be': detail(match('a//b')),
    'a star in the middle': detail(match('a/*/b')),
    'a regular expression': { caps: [{ channels: ['^a+$'], match: 'regex', allow: ['sub'] }] },
    'a wildcard in the middle': { caps: [{ channels: ['a*b'], match: 'wildcard', allow: ['sub'] }] },
    'an unknown kind of match': detail({ topics: [{ match: 'a', match_type: 'regex' }] }),
    'a key that is a number': detail({ key: 7, ...match('a') }),
    'an empty key': detail({ key: '', ...match('a') }),
    'a payload of 1,025 bytes': detail({ payload: 'x'.repeat(1_023), ...match('a') }),
    'a payload of 11 levels': detail({ payload: deep(11), ...match('a') }),
    'a payload of 100,000 levels': detail({ payload: JSON.parse('['.repeat(1e5) + ']'.repeat(1e5)), ...match('a') }),
    'actions that are text': { channels: { a: 'subscribe' } },
    '101 grants': { channels: Object.fromEntries(many(claimLimits.grants + 1, (n) => [`c${n}`, ['subscribe']])) },
    '501 names': detail(match(...many(claimLimits.topics + 1, (n) => `c${n}`))),
    'names of 513 bytes': { channel: 'x'.repeat(513) },
    'a million capabilities': { caps: many(1e6, () => 0) },
    'mercure as text': { mercure: 'subscribe' },
    'one wrong detail beside a good one': {
      authorization_details: [
        { type, actions: ['subscribe'], ...match('a') },
        { type, actions: 'all' },
      ],
    },
  }

  it.each(Object.entries(wrong))('refuses the token: %s', (_, claims) => {
    expect(() => grantsOf(claims)).toThrow(
      expect.objectContaining({ code: 'unauthorized', details: { reason: 'invalid_token' } }),
    )
  })
})

/** What somebody is meant to have: the plain model. */
interface Meant {
  readonly segments: readonly string[]
  readonly actions: readonly Action[]
}

describe('5,000 random claims', () => {
  // Numbers that are the same in each run (Lehmer's generator).
  let seed = 20_261_130
  const random = (below: number) => {
    seed = (seed * 48_271) % 2_147_483_647
    return seed % below
  }
  const one = <T>(list: readonly T[]): T => list[random(list.length)]!
  const words = [
    'a',
    'b',
    'chat',
    '$a',
    '$revoked',
    ':x',
    '*',
    '{sub}',
    'acme',
    'ann',
    '..',
    '__proto__',
    'a*',
    '%2F',
    'é',
  ]
  const some = <T>(most: number, make: () => T): T[] => Array.from({ length: 1 + random(most) }, make)

  const randomPattern = () =>
    some(3, () => one(['a', 'b', 'chat', '$a', ':x', ':y', '{sub}', '{tenant}', '*', 'ann'])).join('/')
  const randomChannel = () => some(4, () => one(words)).join('/')

  /** Whether a pattern, with its values filled in, is about a channel: by recursion over the segments. */
  const covers = (pattern: readonly string[], channel: readonly string[]): boolean => {
    const [segment, ...rest] = pattern
    if (segment === undefined) return channel.length === 0
    if (channel.length === 0) return false
    if (segment === '\0rest') return true
    return (segment === '\0any' || segment === channel[0]) && covers(rest, channel.slice(1))
  }

  const modelAllows = (meant: readonly Meant[], action: Action, channel: string) => {
    const name = channel.split('/')
    return meant.some(({ segments, actions: granted }) => {
      const reserved = segments[0]!.startsWith('$')
      return granted.includes(action) && name[0]!.startsWith('$') === reserved && covers(segments, name)
    })
  }

  /** What a pattern means; undefined: nothing. */
  const meaning = (pattern: string, sub: string | undefined, tenant: string | undefined): string[] | undefined => {
    const values: Record<string, string | undefined> = { '{sub}': sub, '{tenant}': tenant }
    const given = pattern.split('/')
    const filled = given.map((segment, index) => {
      if (segment === '*' && index === given.length - 1) return '\0rest'
      if (segment.startsWith(':')) return '\0any'
      return segment in values ? values[segment] : segment
    })
    const bad = filled.some((segment) => segment === undefined || /^(\.\.?)?$|\//.test(segment))
    const injected = filled.some((segment, index) => segment?.startsWith('$') && given[index]!.startsWith('{'))
    if (bad || injected) return undefined
    const whole = filled as string[]
    if (tenant === undefined || (whole[0]!.startsWith('$') ? given[1] : given[0]) === '{tenant}') return whole
    return whole[0]!.startsWith('$') ? undefined : [tenant, ...whole]
  }

  const modelOf = ({ sub, tenant }: { sub?: string; tenant?: string }, list: readonly [string, readonly Action[]][]) =>
    list.flatMap(([pattern, granted]) => {
      const segments = meaning(pattern, sub, tenant)
      return segments ? [{ segments, actions: granted }] : []
    })

  const spelt = (list: readonly [string, readonly Action[]][]): Claims => {
    const [short, long] = [list.filter(() => random(2) === 0), [] as [string, readonly Action[]][]]
    for (const entry of list) if (!short.includes(entry)) long.push(entry)
    return {
      channels: Object.fromEntries(short.map(([pattern, granted]) => [pattern, granted])),
      authorization_details: long.map(([pattern, granted]) => ({ type, actions: granted, ...match(pattern) })),
    }
  }

  const readOrRefused = (claims: Claims): Grants | undefined => {
    try {
      return grantsOf(claims)
    } catch (thrown) {
      expect(thrown).toBeInstanceOf(AnywireError)
      return undefined
    }
  }

  it('allow what a plain model of them allows, and nothing else', () => {
    let yes = 0
    for (let round = 0; round < 5_000; round++) {
      const who = { sub: one([undefined, ...words]), tenant: one([undefined, undefined, 'acme', 'a', 'b']) }
      const list = [...new Map(some(4, () => [randomPattern(), some(2, () => one(actions))] as [string, Action[]]))]
      const grants = readOrRefused({ ...who, ...spelt(list) })
      // A pattern that cannot be refuses the whole token.
      if (!grants) continue
      const meant = modelOf(who as { sub?: string; tenant?: string }, list)
      for (let asked = 0; asked < 20; asked++) {
        const action = one(actions)
        const near = meant.length > 0 && random(2) === 0 ? one(meant).segments : undefined
        const channel = near?.map((part) => (part.startsWith('\0') ? one(words) : part)).join('/') ?? randomChannel()
        const answer = grants.allows(action, channel)
        if (answer !== modelAllows(meant, action, channel))
          expect({ who, list, action, channel, answer }).toBeUndefined()
        if (answer) yes++
      }
    }
    // The two would agree about nothing at all, too.
    expect(yes).toBeGreaterThan(5_000)
  })

  it('let publish under those keys alone that a plain model of them names', () => {
    let [yes, no] = [0, 0]
    for (let round = 0; round < 5_000; round++) {
      const details = some(4, () => ({
        type,
        actions: some(2, () => one(actions)),
        topics: [{ match: one(['a', 'b', 'chat', 'a/:x', '*']) }],
        ...(random(2) === 0 && { key: one(['ann', 'bob', '*', ':x']) }),
      }))
      const grants = grantsOf({ sub: 'ann', authorization_details: details })
      const channel = one(['a', 'b', 'chat', 'a/1', 'a/1/2', '$a', 'c'])
      const key = one(['ann', 'bob', '*', 'eve', undefined])
      const meant = details.some((detail) => {
        const pattern = meaning(detail.topics[0]!.match, 'ann', undefined)!
        const isHeld = detail.key === undefined || detail.key === key
        return modelAllows([{ segments: pattern, actions: detail.actions }], 'publish', channel) && isHeld
      })
      const answer = grants.allowsKey(channel, key)
      if (answer !== meant) expect({ details, channel, key, answer }).toBeUndefined()
      if (answer) yes++
      else no++
    }
    expect(Math.min(yes, no)).toBeGreaterThan(500)
  })

  it('of Centrifugo and Mercure allow what a plain model of them allows, and nothing else', () => {
    const names = ['a', 'ab', 'a:1', 'news:1', 'news:', '$a', '$ab', 'b/c', 'b/d', 'é']
    const capability = { sub: 'subscribe', pub: 'publish', prs: 'presence' } as const
    let [yes, no] = [0, 0]
    for (let round = 0; round < 5_000; round++) {
      const caps = some(4, () => ({
        channels: some(2, () => one(['a', 'a*', 'news:*', '*', '$a', '$*', 'b/*', 'b/c'])),
        match: one(['', 'wildcard']),
        allow: some(2, () => one(['sub', 'pub', 'prs'] as const)),
      }))
      const mercure = { subscribe: some(2, () => one(['a', 'b/{x}', 'b/c', '$a'])), publish: ['news:1'] }
      const grants = grantsOf({ caps, mercure })
      const [action, channel] = [one(actions), one(names)]
      // A name that is meant letter by letter may hold a star.
      const fits = (name: string, match: string) => {
        if (match === '' || !name.endsWith('*')) return name === channel
        const start = name.slice(0, -1)
        const isReserved = start.startsWith('$') === channel.startsWith('$')
        return isReserved && channel.startsWith(start) && channel !== start
      }
      const first = caps.find(({ channels, match }) => channels.some((name) => fits(name, match)))
      const byCaps = first?.allow.some((word) => capability[word] === action) ?? false
      const selectors = action === 'subscribe' ? mercure.subscribe : action === 'publish' ? mercure.publish : []
      const bySelector = selectors.some((given) =>
        given === 'b/{x}' ? channel === 'b/c' || channel === 'b/d' : given === channel,
      )
      const answer = grants.allows(action, channel)
      if (answer !== (byCaps || bySelector)) expect({ caps, mercure, action, channel, answer }).toBeUndefined()
      if (answer) yes++
      else no++
    }
    expect(Math.min(yes, no)).toBeGreaterThan(500)
  })

  it('of any shape throw nothing but a refusal, and open no name with "$" without naming it', () => {
    const junk = (levels: number): unknown => {
      if (levels === 0) return one<unknown>([null, 0, '', '*', ':x', 'a', '{sub}', true, -1, 'subscribe', 'sub', {}])
      return one<() => unknown>([
        () => some(3, () => junk(levels - 1)),
        () =>
          Object.fromEntries(
            some(3, () => [one(['match', 'actions', 'topics', 'type', 'allow', 'a', '*']), junk(levels - 1)]),
          ),
        () => junk(levels - 1),
        () => ({ type, actions: ['*'], topics: [{ match: junk(0) }], key: junk(0) }),
        () => ({ channels: [junk(0)], match: one(['', 'wildcard']), allow: ['sub', 'pub'] }),
        () => ({ [String(junk(0))]: ['*'] }),
      ])()
    }
    let read = 0
    for (let round = 0; round < 5_000; round++) {
      const names = ['authorization_details', 'channels', 'caps', 'channel', 'allow', 'mercure', 'sub', 'tenant']
      const claims = Object.fromEntries(some(3, () => [one(names), junk(random(4))]))
      const grants = readOrRefused(claims)
      if (!grants) continue
      read++
      for (const action of actions) expect([claims, grants.allows(action, '$revoked')]).toEqual([claims, false])
    }
    expect(read).toBeGreaterThan(500)
  })
})
