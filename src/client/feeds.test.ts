/** What readers of a channel get of the frames of more than one link. */
import { describe, expect, it } from 'vitest'
import type { FrameMessage, ServerFrame } from '../protocol/anywire-frame.js'
import type { ChannelName } from '../protocol/name.js'
import type { Offset } from '../protocol/offset.js'
import { Feeds } from './feeds.js'
import { Reader, type ReaderMessage } from './reader.js'

const channel = 'n' as ChannelName
/** Of a log born so many microseconds after another. */
const at = (log: number, seq: number) => `${1_700_000_000_000_000 + log}_${String(seq).padStart(16, '0')}` as Offset
const message = (log: number, seq: number): FrameMessage => ({ offset: at(log, seq), data: `${log}.${seq}` })

/** A reader that has had everything up to a position, and says what it gets next. */
function readingFrom(position: Offset) {
  const aside = () => {
    throw new Error('Nothing is read aside.')
  }
  const feeds = new Feeds({ aside, changed: () => {} })
  const got: string[] = []
  const emit = (message: ReaderMessage) => {
    if (message.type !== 'items') return
    for (const item of message.items)
      got.push(
        item.kind === 'gap' ? `gap to ${item.to}` : item.kind === 'message' ? String(item.data) : item.error.message,
      )
  }
  feeds.enter(new Reader({ channel, offset: position, slow: 'catch-up' }, emit))
  const hear = (frame: ServerFrame, reading = feeds.readings.get(channel)) => feeds.frame(frame, reading)
  const reset = (from: Offset, to: Offset) => hear({ type: 'gap', channel, reason: 'reset', from, to })
  const messages = (...messages: FrameMessage[]) => hear({ type: 'messages', channel, messages })
  const asked = () => feeds.readings.get(channel)
  return { got, hear, reset, messages, asked }
}

describe('feeds', () => {
  it('tell of a reset once when two links have asked from before it', () => {
    const { got, reset, messages } = readingFrom(at(0, 7))
    reset(at(0, 7), at(1, 0))
    messages(message(1, 1), message(1, 2))
    reset(at(0, 7), at(1, 0))
    messages(message(1, 1), message(1, 2), message(1, 3))
    expect(got).toEqual([`gap to ${at(1, 0)}`, '1.1', '1.2', '1.3'])
  })

  it('follow a reset to a log whose positions are lower', () => {
    const { got, reset, messages } = readingFrom(at(5, 7))
    reset(at(5, 7), at(1, 0))
    messages(message(1, 1))
    expect(got).toEqual([`gap to ${at(1, 0)}`, '1.1'])
  })

  it('ask again when two links have begun at different places by the same word', () => {
    const { got, hear, messages, asked } = readingFrom('now')
    const begins = (seq: number) =>
      hear(
        { type: 'subscribed', channel, offset: at(0, seq), contentType: 'application/json', slow: 'catch-up' },
        first,
      )
    const first = asked()
    begins(7)
    messages(message(0, 8))
    begins(9)
    hear({ type: 'messages', channel, messages: [message(0, 10)] }, first)
    expect(asked()).toMatchObject({ offset: at(0, 8) })
    messages(message(0, 9), message(0, 10))
    expect(got).toEqual(['0.8', '0.9', '0.10'])
  })
})
