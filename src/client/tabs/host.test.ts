/** One core for several lines. */
import { describe, expect, it } from 'vitest'
import { echoes, options } from '../../../test/client/echo-core.js'
import { createHost } from './host.js'
import type { ToPage } from './line.js'

function host() {
  const made = echoes()
  const { join, close } = createHost(made.createCore, options)
  return {
    ...made,
    close,
    join(turn: string) {
      const received: ToPage[] = []
      return { received, say: join(turn, (message) => received.push(message)) }
    },
  }
}

describe('a host', () => {
  it('makes one core for all lines, and tells each first that it has moved there', () => {
    const { join, cores } = host()
    for (const turn of ['a', 'b']) expect(join(turn).received[0]).toEqual({ type: 'moved', turn })
    expect(cores).toHaveLength(1)
  })

  it('hands on what is said, and to each line what is for it', () => {
    const { join } = host()
    const [a, b] = [join('a'), join('b')]
    b.say({ type: 'unsubscribe', ids: [7] })
    expect(a.received).toHaveLength(1)
    expect(b.received.at(-1)).toEqual({ type: 'ended', id: 7 })
  })

  it('closes the core after the last line, and makes another for the next', () => {
    const { join, cores } = host()
    const lines = [join('a'), join('b')]
    lines[0]!.say({ type: 'close' })
    expect(cores[0]!.closed).toBe(false)
    lines[1]!.say({ type: 'close' })
    expect(cores[0]!.closed).toBe(true)
    join('c')
    expect(cores.map(({ closed }) => closed)).toEqual([true, false])
  })

  it('tells nobody anything when it is closed itself', () => {
    const { join, cores, close } = host()
    const { received, say } = join('a')
    close()
    say({ type: 'unsubscribe', ids: [7] })
    expect(cores[0]!.closed).toBe(true)
    expect(received).toEqual([{ type: 'moved', turn: 'a' }])
  })

  it('makes another core for those who come after one has failed for good', () => {
    const { join, cores } = host()
    const before = join('a')
    cores[0]!.tell({ type: 'state', state: 'closed' })
    join('b')
    expect(cores).toHaveLength(2)
    expect(before.received.at(-1)).toEqual({ type: 'state', state: 'closed' })
  })
})
