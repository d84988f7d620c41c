/** The names that the one file for pages shortens: none of them may be one that somebody else knows. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { internalNames } from '../../scripts/internal-names.js'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** What goes over the wire, from one build to another, into a store, or to a platform. */
const known = {
  wire: ['src/protocol/anywire-frame.ts', 'src/protocol/error.ts', 'src/protocol/message.ts', 'src/protocol/offset.ts'],
  builds: ['src/client/port.ts', 'src/client/item.ts', 'src/client/stats.ts', 'src/client/times.ts'],
  tabs: ['src/client/tabs/line.ts', 'src/client/tabs/role.ts'],
  public: ['src/client/signal.ts', 'src/client/abort.ts'],
  platform: ['src/client/tabs/locks.ts', 'src/client/deadline.ts'],
}

/** The words of a file's code. */
function wordsOf(path: string): Set<string> {
  const code = readFileSync(root + path, 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, '')
  return new Set(code.match(/\w+/g))
}

/** The members of what an application gets and gives, and of what is kept for the next page. */
function membersOf(path: string, ...names: string[]): string[] {
  const code = readFileSync(root + path, 'utf8')
  return names.flatMap((name) => {
    const body = new RegExp(`^export (?:interface|type) ${name}\\b[^]*?(?:^}|\\n\\n)`, 'm').exec(code)?.[0]
    expect(body, name).toBeDefined()
    return body!.replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, '').match(/\w+/g)!
  })
}

describe('what is shortened', () => {
  it.each(Object.values(known).flat())('has no name of %s', (path) => {
    const words = wordsOf(path)
    expect(internalNames.filter((name) => words.has(name))).toEqual([])
  })

  it.each([
    ['src/client/client.ts', 'SubscribeOptions', 'PublishOptions', 'Client'],
    ['src/client/connect.ts', 'ConnectOptions'],
    ['src/client/subscription.ts', 'Subscription'],
    ['src/client/lane.ts', 'Acknowledgement'],
    ['src/client/outbox-store.ts', 'Draft', 'Slot', 'Kept'],
    ['src/client/policy.ts', 'Memory'],
    ['src/client/transform.ts', 'CreateTransform'],
  ])('has no name of what %s shows to others', (path, ...names) => {
    const members = membersOf(path, ...names)
    expect(internalNames.filter((name) => members.includes(name))).toEqual([])
  })
})
