/** Who is believed to speak of a client, where two have spoken of it. */
import { describe, expect, it } from 'vitest'
import type { ReadResult } from '../../core/store.js'
import type { Message } from '../../protocol/message.js'
import type { AwarenessEntry } from '../../protocol/y-awareness.js'
import { spellAwareness } from '../../protocol/y-awareness.js'
import { eventOf, Room, type Speaker } from './room.js'

const ann: Speaker = { mark: 'ann', node: 'a', since: 1_000 }
const eve: Speaker = { mark: 'eve', node: 'b', since: 2_000 }
const word = (clock: number, state = `{"said":${clock}}`): AwarenessEntry => ({ client: 7, clock, state })

type Said = readonly [by: Speaker | string, entry: AwarenessEntry]

/** A room whose log holds what was said, in this order, once it has taken `own`, which is to be stored there too. */
async function roomOf(said: readonly Said[], own?: readonly [Speaker, AwarenessEntry]): Promise<Room> {
  const messages = said.map(([by, entry], at): Message => {
    const offset = `${String(5_000 + at).padStart(16, '0')}_${String(at + 1).padStart(16, '0')}`
    const event = typeof by === 'string' ? by : eventOf(by)
    const data = Buffer.from(spellAwareness(entry))
    return { offset, previous: '', key: String(entry.client), event, data }
  })
  const page = { kind: 'page', messages, to: messages.at(-1)?.offset ?? '', upToDate: true, info: { head: '' } }
  const answer = async () => page as unknown as ReadResult
  const room = new Room({ read: answer, snapshot: answer as never }, 'awareness/yjs/a', { messages: 100, bytes: 1_000 })
  if (own) room.set(own[1], own[0], own[0].since)
  await room.refresh()
  return room
}

const believed = (room: Room) => [ann, eve].filter((by) => room.isNews(word(99), by)).map(({ mark }) => mark)

describe('a client of whom two have spoken', () => {
  const anns: Said = [ann, word(1)]
  const eves: Said = [eve, word(5)]

  it.each([
    ['first', [anns, eves]],
    ['last', [eves, anns]],
  ])('belongs to who spoke first by the clock of the store, who is %s in the log', async (_, said) => {
    for (const own of [undefined, [ann, word(1)] as const, [eve, word(5)] as const]) {
      expect(believed(await roomOf(said, own))).toEqual(['ann'])
    }
  })

  it('belongs to the same one for a node that reads the newest message only, once it was corrected', async () => {
    expect(believed(await roomOf([[eve, word(9)]]))).toEqual(['eve'])
    expect(
      believed(
        await roomOf([
          [eve, word(9)],
          [ann, word(10)],
        ]),
      ),
    ).toEqual(['ann'])
  })

  it('is said again as it was, by the node whose word is the later one in the log, once', async () => {
    const said = { entry: word(6, anns[1].state), by: ann }
    const later = await roomOf([anns, eves], [eve, word(5)])
    expect([later.corrections(), later.corrections()]).toEqual([[said], []])
    expect((await roomOf([eves, anns], [ann, word(1)])).corrections()).toEqual([said])
    expect((await roomOf([anns, eves], [ann, word(1)])).corrections()).toEqual([])
    expect((await roomOf([anns, eves])).corrections()).toEqual([])
  })

  it('is looked for until the log holds what was taken', async () => {
    expect((await roomOf([], [ann, word(1)])).expects).toBe(true)
    expect((await roomOf([anns], [ann, word(1)])).expects).toBe(false)
  })

  it('is judged by the time of the message where the node named no other', async () => {
    expect(believed(await roomOf([['eve.b', word(5)], anns]))).toEqual(['ann'])
  })
})
