/** Tests of readings that begin with a snapshot, and of what they must not do to others. */
import { describe, expect, it } from 'vitest'
import { Room, turn } from '../../../test/support/core/room.js'

const keyed = { maxKeys: 100 }

describe('snapshot', () => {
  it('gives the newest of each key, then everything', async () => {
    const room = new Room({}, keyed)
    await room.publish('a1', 'b1', 'a2', 'c1', '-b')
    const reader = await room.reader({ from: 'snapshot' })
    await room.publish('a3')
    expect(await reader.until('a3')).toBe('a2 c1 a3')
  })

  it('promise 2: neither loses nor repeats a change, while keys change under its pages', async () => {
    const room = new Room({ sliceBytes: 200, windowMessages: 8 }, keyed)
    const keys = [...'abcdefghijklmnopqrstuvwxyz']
    for (const key of keys) await room.publish(`${key}0`)
    const reader = await room.reader({ from: 'snapshot' })
    const expected = new Map(keys.map((key) => [key, `${key}0`]))
    for (let i = 1; i <= 30; i++) {
      for (const key of keys.filter((_, k) => (k + i) % 4 === 0)) {
        expected.set(key, `${key}${i}`)
        await room.publish(`${key}${i}`)
      }
      if (i % 5 === 0) await turn()
    }
    await room.publish('end')
    const words = (await reader.until('end')).split(' ')
    expect(new Set(words).size).toBe(words.length)
    const last = new Map(words.map((word) => [word[0]!, word]))
    for (const [key, word] of expected) if (key !== 'e') expect(last.get(key)).toBe(word)
    const afterwards = words.filter((word) => Number(word.slice(1)) >= 6)
    expect(afterwards.length).toBe(25 * 6.5 - ((25 * 6.5) % 1))
  })

  it('promise 1: leaves what others read from the same place as it is', async () => {
    const room = new Room({}, keyed)
    await room.store.create(room.name, room.config)
    const stays = await room.reader()
    const birth = stays.subscription.position
    await room.publish('a1', 'a2', 'b1', 'b2', 'a3')
    expect(await stays.until('a3')).toBe('a1 a2 b1 b2 a3')
    const snapshot = await room.reader({ from: 'snapshot' })
    expect(await snapshot.until('a3')).toBe('b2 a3')
    const whole = await room.reader({ from: birth })
    expect(await whole.until('a3')).toBe('a1 a2 b1 b2 a3')
  })
})
