import { describe, expect, it } from 'vitest'
import { AnywireError } from '../protocol/index.js'
import { createLog } from './log.js'

function log(kind: 'json' | 'pretty') {
  let ms = Date.parse('2026-11-30T12:00:00Z')
  const lines: string[] = []
  const made = createLog({ kind, out: (line) => lines.push(line), now: () => ms })
  return {
    ...made,
    lines,
    later(by: number) {
      ms += by
    },
  }
}

const refused = {
  event: 'refused',
  code: 'forbidden',
  sentence: 'No.',
  method: 'GET',
  url: '/a',
  trace: undefined,
} as const

describe('a log', () => {
  it('writes an event as one line of JSON, with time and level', () => {
    const { write, lines } = log('json')
    write(refused)
    write({ event: 'gap', channel: 'a', transport: 'websocket', reason: 'trimmed', missed: 3, connection: 7 })
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      { level: 'info', time: '2026-11-30T12:00:00.000Z', ...refused },
      expect.objectContaining({ level: 'warn', event: 'gap', channel: 'a', reason: 'trimmed', missed: 3 }),
    ])
    expect(lines.every((line) => line.indexOf('\n') === line.length - 1)).toBe(true)
  })

  it('writes for people what steers no terminal', () => {
    const { write, lines } = log('pretty')
    write({ ...refused, sentence: 'No \u001b[31mred\nline.' })
    expect(lines).toEqual(['12:00:00.000 refused code=forbidden No \\u001b[31mred | line. method=GET url=/a\n'])
  })

  it('writes ten lines of a kind in a second, and says how many it left out', () => {
    const { write, lines, later } = log('json')
    for (let n = 0; n < 25; n++) write(refused)
    write({ event: 'store-up' })
    expect(lines).toHaveLength(11)
    later(1_000)
    write(refused)
    write(refused)
    expect(lines.slice(11).map((line) => JSON.parse(line).leftOut)).toEqual([15, undefined])
  })

  it('writes errors with what caused them', () => {
    const { failed, lines } = log('json')
    failed(new AnywireError('internal', 'It failed.', { cause: new Error('disk') }))
    expect(JSON.parse(String(lines[0]))).toMatchObject({
      level: 'error',
      event: 'error',
      code: 'internal',
      sentence: 'It failed.',
      cause: expect.stringContaining('Error: disk'),
    })
  })
})
