/** The end of a client: what was sent may still be answered, and nothing is waited for long. */
import { describe, expect, it, onTestFinished } from 'vitest'
import { connect } from '../../src/client/index.js'
import { transports } from '../../src/client/link.js'
import { deferred } from '../support/core/deferred.js'
import { ownTime } from '../support/own-time.js'
import { join } from './join.js'

const codeOf = (publish: Promise<unknown>) =>
  publish.then(
    () => 'stored',
    ({ code }) => code,
  )

describe.each(transports)('close, by %s', (transport) => {
  it('waits for the answers to what was sent, and takes nothing more', async () => {
    const received = deferred()
    const go = deferred()
    const rules = {
      n: {
        async receive() {
          received.resolve()
          await go.promise
        },
      },
    }
    const { client } = await join({ transports: [transport] }, { rules })
    await client.subscribe('other').opened
    const sent = codeOf(client.publish('n', 1))
    await received.promise
    const closed = client.close()
    expect(await codeOf(client.publish('n', 2))).toBe('closed')
    go.resolve()
    expect(await sent).toBe('stored')
    await closed
    expect(client.state.value).toBe('closed')
  })

  it('waits for no longer than a second', async () => {
    const received = deferred()
    const rules = {
      n: {
        receive() {
          received.resolve()
          return new Promise<undefined>(() => undefined)
        },
      },
    }
    const { client } = await join({ transports: [transport] }, { rules })
    await client.subscribe('other').opened
    const sent = codeOf(client.publish('n', 1))
    await received.promise
    const begun = performance.now()
    const sinceMs = ownTime()
    await Promise.all([client.close(), client.close()])
    expect(await sent).toBe('closed')
    expect(performance.now() - begun).toBeGreaterThan(900)
    expect(sinceMs()).toBeLessThan(5_000)
  })
})

describe('close', () => {
  it('waits for nothing without a connection', async () => {
    const client = connect('http://127.0.0.1:9/channels')
    onTestFinished(() => client.close())
    const waiting = codeOf(client.publish('n', 1))
    const sinceMs = ownTime()
    await client.close()
    expect(await waiting).toBe('closed')
    expect(sinceMs()).toBeLessThan(900)
  })
})
