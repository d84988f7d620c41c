/** Tests of lanes. */
import { describe, expect, it } from 'vitest'
import { Lanes } from './lanes.js'

function gate() {
  let open = () => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { open, opened }
}

describe('lanes', () => {
  it('run jobs of one owner and channel one after another', async () => {
    const lanes = new Lanes()
    const { open, opened } = gate()
    const log: string[] = []
    const first = lanes.run('c', ['me'], () => opened.then(() => void log.push('first')))
    const second = lanes.run('c', ['me'], async () => void log.push('second'))
    open()
    await Promise.all([first, second])
    expect(log).toEqual(['first', 'second'])
  })

  it('hold up neither another owner nor another channel', async () => {
    const lanes = new Lanes()
    const { open, opened } = gate()
    const first = lanes.run('c', ['me'], () => opened)
    await lanes.run('c', ['you'], async () => undefined)
    await lanes.run('d', ['me'], async () => undefined)
    open()
    await first
  })

  it('make a job of two owners wait for both', async () => {
    const lanes = new Lanes()
    const [a, b] = [gate(), gate()]
    const log: string[] = []
    const one = lanes.run('c', ['a'], () => a.opened.then(() => void log.push('a')))
    const two = lanes.run('c', ['b'], () => b.opened.then(() => void log.push('b')))
    const both = lanes.run('c', ['a', 'b'], async () => void log.push('both'))
    b.open()
    await two
    a.open()
    await Promise.all([one, both])
    expect(log).toEqual(['b', 'a', 'both'])
  })

  it('go on after a failure, and keep nothing of idle lanes', async () => {
    const lanes = new Lanes()
    const failed = lanes.run('c', ['me'], () => Promise.reject(new Error('no')))
    const next = lanes.run('c', ['me'], async () => 'done')
    await expect(failed).rejects.toThrow('no')
    await expect(next).resolves.toBe('done')
    await Promise.resolve()
    expect(lanes.size).toBe(0)
  })
})
