/** A port where there is no worker to be had: Node. */
import { describe, expect, it } from 'vitest'
import { echoes, options } from '../../test/client/echo-core.js'
import { openPort } from './open-port.js'
import type { FromCore, ToCore } from './port.js'

function open() {
  const made = echoes()
  const received: FromCore[] = []
  const { createCore } = made
  const port = openPort({ core: options, share: 'tabs', identity: '', createCore }, (message) => received.push(message))
  return { ...made, port, received }
}

const echoed: ToCore = { type: 'unsubscribe', ids: [7] }

describe('a port without workers', () => {
  it('has a core in its own thread', async () => {
    const { port, received, cores } = open()
    port.send(echoed)
    await expect.poll(() => received).toEqual([{ type: 'ended', id: 7 }])
    expect(cores[0]!.said).toEqual([echoed])
  })

  it('hands messages over as they are, but never at once', async () => {
    const { port, received, cores } = open()
    const message: FromCore = { type: 'state', state: 'open' }
    port.send(echoed)
    cores[0]!.tell(message)
    expect(received).toEqual([])
    expect(cores[0]!.said).toEqual([])
    await expect.poll(() => received[0]).toBe(message)
    expect(cores[0]!.said[0]).toBe(echoed)
  })

  it('is silent when it is closed', async () => {
    const { port, received, cores } = open()
    cores[0]!.tell({ type: 'state', state: 'open' })
    port.close()
    await Promise.resolve()
    expect(received).toEqual([])
    expect(cores[0]!.closed).toBe(true)
  })
})
