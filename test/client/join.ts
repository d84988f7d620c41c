/** A client of a hub of its own, both ended after the test. */
import { onTestFinished } from 'vitest'
import { type ConnectOptions, connect, type Item } from '../../src/client/index.js'
import { serveHub } from '../support/hub-server.js'

type HubOptions = Parameters<typeof serveHub>[0]

export async function join(options: ConnectOptions = {}, hubOptions: HubOptions = {}) {
  const served = await serveHub(hubOptions)
  const client = connect(served.url(), options)
  onTestFinished(() => client.close())
  return { ...served, client }
}

/** The data of the next `count` messages. @throws at a gap. */
export async function dataOf(reading: AsyncIterator<Item, undefined>, count: number): Promise<unknown[]> {
  const data: unknown[] = []
  while (data.length < count) {
    const { value } = await reading.next()
    if (value?.kind !== 'message') throw new Error(`expected a message, got ${JSON.stringify(value)}`)
    data.push(value.data)
  }
  return data
}
