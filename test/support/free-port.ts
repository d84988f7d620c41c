/** Ports for programs that must be told one: nobody else is given it meanwhile. */
import { once } from 'node:events'
import { createServer } from 'node:net'

/** Below those that systems give away by themselves; each worker of the tests has a range of its own. */
const rangeSize = 2_000
const first = 10_000 + (Number(process.env.VITEST_POOL_ID ?? 0) % 10) * rangeSize
let next = Math.floor(Math.random() * rangeSize)

/** The first of so many free ports in a row, on 127.0.0.1. */
export async function freePort(count = 1): Promise<number> {
  for (let tries = 0; tries < rangeSize; tries++) {
    const port = first + (next % (rangeSize - count))
    next += count
    const free = await Promise.all(Array.from({ length: count }, (_, i) => isFree(port + i)))
    if (!free.includes(false)) return port
  }
  throw new Error('There is no free port.')
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1')
  const free = await once(server, 'listening').then(
    () => true,
    () => false,
  )
  server.close()
  if (free) await once(server, 'close')
  return free
}
