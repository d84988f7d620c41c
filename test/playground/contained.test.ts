/** Tests of what keeps a failing request from ending the playground's server. */
import { PassThrough } from 'node:stream'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { contained } from '../../playground/server/contained.js'

afterEach(() => void vi.restoreAllMocks())

const fail = (): never => {
  throw new Error('not today')
}

describe('a request of the playground', () => {
  it.each<[string, () => unknown]>([
    ['throws', fail],
    ['rejects', async () => fail()],
  ])('that %s loses its connection, and the log says why', async (_, work) => {
    const logged = vi.spyOn(console, 'error').mockReturnValue()
    const socket = new PassThrough()
    const closed = new Promise((resolve) => socket.once('close', resolve))
    contained(socket, work)
    await closed
    expect(logged).toHaveBeenCalledWith(expect.objectContaining({ message: 'not today' }))
  })

  it('whose client has gone fails without a word', async () => {
    const logged = vi.spyOn(console, 'error')
    contained(new PassThrough().destroy(), fail)
    expect(logged).not.toHaveBeenCalled()
  })
})
