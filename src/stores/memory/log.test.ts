/** What a log in memory lets go of. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import type { ChannelConfig } from '../../core/store.js'
import { mintOffset } from '../../protocol/offset.js'
import { Log } from './log.js'
import type { Tombstone } from './tombstones.js'

setFlagsFromString('--expose-gc')
const collect: () => void = runInNewContext('gc')

const config: ChannelConfig = {
  contentType: 'application/json',
  retain: { messages: 10, bytes: null, ageMs: null },
  maxKeys: 100,
  evictable: true,
}
const birth = mintOffset(1, 0)
const past: Tombstone = { birth, floor: birth, micros: 1, closed: false }

function publish(log: Log, key: string): WeakRef<object> {
  const [message] = log.append([{ data: Buffer.from('1'), event: undefined, key }], Date.now(), 1)
  log.retain(Date.now())
  return new WeakRef(message!)
}

describe('a log in memory', () => {
  it.each([50, 150])(
    'keeps nothing of messages that were superseded and trimmed, with %i keys of 100',
    async (keys) => {
      const log = new Log('n', config, past, Date.now())
      const old = Array.from({ length: 20_000 }, (_, n) => publish(log, `key ${n % keys}`)).slice(0, 15_000)
      await new Promise(setImmediate)
      collect()
      expect(old.filter((message) => message.deref()).length).toBe(0)
      expect([...log.keys!.keys()].at(-1)).toBe(`key ${19_999 % keys}`)
      expect(log.keys!.size).toBe(Math.min(keys, 100))
    },
  )
})
