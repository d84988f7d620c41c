/** Promises 1 to 4 for our client, whatever happens between it and the server. */
import { expect, it, onTestFinished, vi } from 'vitest'
import { serveHub } from '../support/hub-server.js'
import { tell } from './story.js'

const stories = Number(process.env.STORIES ?? 1_000)
const atOnce = 16

it(`promises 1 to 4: ${stories} stories of faults end with every reader having the log, and every publish stored once`, {
  // All of them are two minutes of work for a machine that has nothing else to do.
  timeout: 900_000,
}, async () => {
  const first = Number(process.env.SEED ?? Math.floor(Math.random() * 1_000_000))
  console.info(`stories from seed ${first} on`)
  // Each client says what the story does to it.
  const warn = vi.spyOn(console, 'warn').mockReturnValue()
  onTestFinished(() => warn.mockRestore())
  const limits = { heartbeatMs: 1_000, connectionsPerAddress: 10_000 }
  const world = await serveHub({ limits, rules: { 'short/:n': { retain: { messages: 4 } } } })
  const wrong: string[] = []
  let next = 0
  const teller = async () => {
    while (next < stories && wrong.length < 5) {
      const seed = first + next++
      await tell(world, seed).catch((thrown: Error) => wrong.push(thrown.message))
    }
  }
  await Promise.all(Array.from({ length: atOnce }, teller))
  expect(wrong.join('\n\n')).toBe('')
})
