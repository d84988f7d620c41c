import type { IncomingMessage } from 'node:http'
import { describe, expect, it } from 'vitest'
import { wantsEventStream } from './target.js'

const wants = (accept?: string) => wantsEventStream({ headers: { accept } } as IncomingMessage)

describe('Accept', () => {
  it.each([
    ['text/event-stream', true],
    ['Text/Event-Stream', true],
    ['text/event-stream; charset=utf-8', true],
    ['application/json, text/event-stream;q=0.1', true],
    ['text/event-stream;q=0.001', true],
    ['text/event-stream;q=0', false],
    ['text/event-stream; charset=utf-8; q=0.000, application/json', false],
    ['*/*', false],
    ['text/event-stream2', false],
    [undefined, false],
  ])('%s asks for an event stream: %s', (accept, asked) => {
    expect(wants(accept)).toBe(asked)
  })
})
