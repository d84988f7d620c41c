/** Awareness, against what y-protocols writes and reads. */
import { describe, expect, it, onTestFinished } from 'vitest'
import { Awareness, applyAwarenessUpdate, encodeAwarenessUpdate } from 'y-protocols/awareness'
import * as Y from 'yjs'
import { Decoder, numberBytes, parseAwareness, spellAwareness } from './y-awareness.js'
import { parseYFrame } from './y-websocket.js'

function someone(clientID: number): Awareness {
  const doc = new Y.Doc()
  doc.clientID = clientID
  const awareness = new Awareness(doc)
  onTestFinished(() => awareness.destroy())
  return awareness
}

describe('awareness', () => {
  it('is read as y-protocols writes it, and read by it as it is written here', () => {
    const [one, two] = [someone(4_294_967_295), someone(7)]
    one.setLocalState({ name: 'Ana ☃' })
    const entries = parseAwareness(encodeAwarenessUpdate(one, [one.clientID]), 1)
    expect(entries).toEqual([{ client: 4_294_967_295, clock: 1, state: '{"name":"Ana ☃"}' }])
    applyAwarenessUpdate(two, spellAwareness(entries[0]!), 'test')
    expect(two.getStates().get(one.clientID)).toEqual({ name: 'Ana ☃' })
  })

  it.each([0, 127, 128, 16_384, 2 ** 31, 2 ** 32, Number.MAX_SAFE_INTEGER])(
    'spells the number %d so that it is read again',
    (n) => {
      expect(new Decoder(Uint8Array.from(numberBytes(n))).number()).toBe(n)
    },
  )

  it.each([
    [[]],
    [[1]],
    [[1, 1, 1, 9, 0x7b]],
    [[1, 1, 1, 1, 0x31]],
    [[1, 1, 1, 2, 0xc3, 0x28]],
    [[0, 0]],
    [[255, 255, 255, 255, 255, 255, 255, 255, 255, 1]],
  ])('is not read from %j', (bytes) => {
    expect(() => parseAwareness(Uint8Array.from(bytes), 10)).toThrow('This is no message of Yjs')
  })

  it('is not read where a state is nested too deeply, which no parser is asked to read', () => {
    const nested = (levels: number) =>
      spellAwareness({ client: 1, clock: 1, state: '['.repeat(levels) + ']'.repeat(levels) })
    expect(parseAwareness(nested(100), 1)).toHaveLength(1)
    expect(() => parseAwareness(nested(101), 1)).toThrow('at most 100 levels')
  })

  it('has states of 64 KiB at most: a larger one is refused, or left out of what a provider says', () => {
    const state = JSON.stringify('x'.repeat(65_534))
    const large = spellAwareness({ client: 1, clock: 1, state: `{"a":${state}}` })
    expect(() => parseAwareness(large, 1)).toThrow(expect.objectContaining({ code: 'too-large' }))
    expect(parseAwareness(large, 1, true)).toEqual([])
    const frame = Uint8Array.from([1, ...numberBytes(large.length), ...large])
    expect(parseYFrame(frame, 10)).toEqual({ kind: 'awareness', entries: [] })
  })
})
