/** Questions to JetStream while a cluster chooses who leads: they reach nobody, and nobody says so. */
import type { Msg } from '@nats-io/transport-node'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { JetStream } from './jetstream.js'
import type { Link } from './link.js'

/** Answers every question but the first. */
function deafAtFirst() {
  const subjects: string[] = []
  const answer = { json: () => ({ message: { seq: 7, data: Buffer.from('x').toString('base64') } }) } as unknown as Msg
  const link = {
    request: (subject: string) => {
      subjects.push(subject)
      return subjects.length > 1 ? Promise.resolve(answer) : new Promise<Msg>(() => undefined)
    },
  }
  return { link: link as unknown as Link, subjects }
}

describe('JetStream', () => {
  it('is asked again, where streams stand on several servers, until one of them leads', async () => {
    const { link, subjects } = deafAtFirst()
    expect(await new JetStream(link, true).last('s', 'a')).toEqual({ seq: 7, data: Buffer.from('x') })
    expect(subjects).toEqual(['$JS.API.STREAM.MSG.GET.s', '$JS.API.STREAM.MSG.GET.s'])
  })

  it('is asked for a message that is not there once, and that is an answer', async () => {
    const subjects: string[] = []
    const missing = { json: () => ({ error: { err_code: 10_037, description: 'no message found' } }) }
    const link = { request: async (subject: string) => subjects.push(subject) && missing } as unknown as Link
    expect(await new JetStream(link, true).last('s', 'a')).toBeUndefined()
    expect(subjects.length).toBe(1)
  })

  it('asks a cluster for no more consumers for a while where it makes none, and one server again', async () => {
    const link = { request: () => Promise.reject(new Error('late')) } as unknown as Link
    const [cluster, one] = [new JetStream(link, true), new JetStream(link)]
    for (const jetStream of [cluster, one]) await expect(jetStream.run('s', 'a', 1, 9, 9)).rejects.toThrow('late')
    expect([cluster.hasConsumers, one.hasConsumers]).toEqual([false, true])
  })

  it('asks a cluster for none for a while either where the one that was made sends nothing', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    onTestFinished(() => void vi.useRealTimers())
    const made = { json: () => ({ name: 'c' }) }
    const asked: string[] = []
    const ask = (subject: string) => asked.push(subject) && { unsubscribe() {} }
    const link = { request: async () => made, ask, tell() {} } as unknown as Link
    const cluster = new JetStream(link, true)
    const silent = expect(cluster.run('s', 'a', 1, 9, 9)).rejects.toThrow('sent no messages')
    await vi.waitFor(() => expect(asked).toEqual(['$JS.API.CONSUMER.MSG.NEXT.s.c']))
    await vi.runAllTimersAsync()
    await silent
    expect(cluster.hasConsumers).toBe(false)
  })
})
