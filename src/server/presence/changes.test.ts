/** What a node writes to a roster, as a pure function of what the roster says and who is here. */
import { describe, expect, it } from 'vitest'
import { countChange, intoCounts, memberChange, movedHere } from './changes.js'
import type { Member } from './member.js'

const writer = { me: 'a', isDead: (node: string) => node === 'dead' }
const wish = { connections: 1, state: undefined, stateAt: 0, since: 5 }

function member(nodes: Member['nodes'], more: Partial<Member> = {}): Member {
  return { member: 'ann', state: null, connections: 1, since: 1, nodes, ...more }
}

describe('a change of a member', () => {
  it('is a join of one whom nobody has named, an update of one who is known, a leave of the last', () => {
    const join = memberChange('ann', undefined, wish, writer)
    expect(join).toMatchObject({ message: { event: 'join', key: 'ann' }, value: { nodes: { a: 1 }, since: 5 } })
    const update = memberChange('ann', member({ b: 2 }), wish, writer)
    expect(update).toMatchObject({ message: { event: 'update' }, value: { connections: 3, nodes: { a: 1, b: 2 } } })
    const leave = memberChange('ann', member({ a: 1 }), undefined, writer)
    expect(leave?.message).toEqual({ event: 'leave', key: 'ann', data: undefined })
  })

  it('is none where the roster says it already', () => {
    expect(memberChange('ann', member({ a: 1 }), wish, writer)).toBeUndefined()
    expect(memberChange('ann', undefined, undefined, writer)).toBeUndefined()
    expect(memberChange('ann', member({ b: 1 }), undefined, writer)).toBeUndefined()
  })

  it('takes back what a dead node said, and nothing else', () => {
    expect(memberChange('ann', member({ dead: 1 }), undefined, writer)?.message.event).toBe('leave')
    const change = memberChange('ann', member({ dead: 1, b: 1 }, { connections: 2 }), undefined, writer)
    expect(change).toMatchObject({ message: { event: 'update' }, value: { nodes: { b: 1 }, connections: 1 } })
  })

  it('is none of a member who goes to another node, whatever of it this one knows', () => {
    // It has come here: from then on this node says so, and the roster nothing.
    const entry = member({ b: 1 })
    expect(movedHere(entry, wish, writer)).toBe(1)
    // The other node says that it has gone there, or is dead.
    expect(memberChange('ann', entry, wish, writer, { b: 0 })).toBeUndefined()
    expect(memberChange('ann', member({ dead: 1 }), wish, writer, { a: 1 })).toBeUndefined()
    // It has left this one.
    expect(movedHere(member({ a: 1 }), undefined, writer, { b: 1 })).toBe(0)
    expect(memberChange('ann', member({ a: 1 }), undefined, writer, { b: 1 })).toBeUndefined()
    expect(movedHere(member({ a: 1 }), wish, writer)).toBeUndefined()
    expect(movedHere(undefined, wish, writer)).toBeUndefined()
  })

  it('is told to other nodes only where one of them has to know', () => {
    const more = { ...wish, connections: 2 }
    expect(movedHere(member({ a: 1 }), more, writer)).toBeUndefined()
    expect(movedHere(member({ a: 1, b: 1 }), more, writer)).toBe(2)
    expect(movedHere(member({ a: 1 }), more, writer, { b: 1 })).toBe(2)
    // Whoever comes later does not know where the member is, if a dead node alone has said so.
    expect(movedHere(member({ dead: 1 }), wish, writer)).toBe(1)
  })

  it('counts what nodes say of themselves, before what the roster says of them', () => {
    const change = memberChange('ann', member({ b: 1 }), wish, writer, { b: 2, c: 1, dead: 5 })
    expect(change).toMatchObject({ isRecount: true, value: { connections: 4, nodes: { a: 1, b: 2, c: 1 } } })
    expect(memberChange('ann', member({ b: 1 }), undefined, writer, { b: 0 })?.message.event).toBe('leave')
    const state = memberChange('ann', member({ b: 1 }), { ...wish, state: '"x"', stateAt: 9 }, writer, { b: 0 })
    expect(state).toMatchObject({ value: { state: 'x', connections: 1, nodes: { a: 1 } } })
    expect(state?.isRecount).toBeUndefined()
  })

  it('keeps the later of two states, whichever node is first to write', () => {
    const entry = member({ a: 1 }, { state: 'newer', at: 20 })
    expect(memberChange('ann', entry, { ...wish, state: '"older"', stateAt: 10 }, writer)).toBeUndefined()
    const change = memberChange('ann', entry, { ...wish, state: '"newest"', stateAt: 30 }, writer)
    expect(change?.value).toMatchObject({ state: 'newest', at: 30 })
  })
})

describe('a change of counts', () => {
  it('adds up what the living nodes said', () => {
    const count = { mode: 'count', members: 0, connections: 0, nodes: { b: [2, 3], dead: [9, 9] } } as const
    const change = countChange(count, [1, 1], undefined, writer)
    expect(change?.value).toMatchObject({ members: 3, connections: 4, nodes: { a: [1, 1], b: [2, 3] } })
    expect(countChange(change?.value, [1, 1], undefined, writer)).toBeUndefined()
  })

  it('says that it counts from now on before the members go, who have not left', () => {
    const entries = new Map([['ann', member({ a: 1, b: 1 })]])
    const [first, ...rest] = intoCounts(entries, [1, 1], ['ann'], { writer, movedOf: () => ({}) })
    expect(first).toMatchObject({ message: { key: '$count', event: 'mode' }, value: { members: 2, sample: ['ann'] } })
    expect(rest.map(({ message }) => message)).toEqual([{ key: 'ann', event: 'mode', data: undefined }])
  })
})
