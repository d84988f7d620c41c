/** Which connection reads which channel. */
import { describe, expect, it } from 'vitest'
import type { Reading } from './link.js'
import { Spread } from './spread.js'

const readingsOf = (...channels: string[]) =>
  new Map(channels.map((channel): [string, Reading] => [channel, { channel, offset: 'now', slow: 'catch-up' }]))
const channelsOf = ({ sets }: Spread) => sets.map((set) => [...set.keys()].join(''))

describe('channels over connections', () => {
  it('are all read over one until the server has told how many that may be', () => {
    const spread = new Spread()
    spread.update(readingsOf('a', 'b', 'c', 'd', 'e'))
    expect(channelsOf(spread)).toEqual(['abcde'])
    spread.max = 2
    spread.update(readingsOf('a', 'b', 'c', 'd', 'e'))
    expect(channelsOf(spread)).toEqual(['ab', 'cd', 'e'])
  })

  it('stay where they are, whatever is left, and fill what is free', () => {
    const spread = new Spread()
    spread.max = 2
    spread.update(readingsOf('a', 'b', 'c', 'd', 'e'))
    spread.update(readingsOf('b', 'c', 'd', 'e'))
    expect(channelsOf(spread)).toEqual(['b', 'cd', 'e'])
    spread.update(readingsOf('b', 'c', 'd', 'f'))
    expect(channelsOf(spread)).toEqual(['bf', 'cd'])
  })

  it('take the newest reading of a channel', () => {
    const spread = new Spread()
    spread.update(readingsOf('a'))
    const again = readingsOf('a')
    spread.update(again)
    expect(spread.sets[0]!.get('a')).toBe(again.get('a'))
  })
})
