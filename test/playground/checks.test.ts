/** What others have stored in channels and documents: the pages show what they can show, and break at nothing. */
import { describe, expect, it } from 'vitest'
import { Doc, Map as Shape, Text } from 'yjs'
import { fits } from '../../playground/src/checks.js'
import { keepPlain, plainText } from '../../playground/src/editor/plain.js'
import { Board, type ShapeData } from '../../playground/src/whiteboard/shapes.js'

const box: ShapeData = { id: 'b', kind: 'box', colour: 'red', x: 1, y: 2, width: 3, height: 4 }
const stroke: ShapeData = { ...box, id: 's', kind: 'stroke', points: [0, 0, 5, 5] }
const shapeOf = (fields: object) => new Shape<unknown>(Object.entries(fields))

describe('a board', () => {
  const nonsense: readonly [string, unknown][] = [
    ['null', null],
    ['a number', 5],
    ['a text', 'x'],
    ['an object', { ...box }],
    ['an array', [box]],
    ['bytes', new Uint8Array(3)],
    ['a text of Yjs', new Text('x')],
    ['an empty map', new Shape()],
    ['a map with a map as its id', shapeOf({ ...box, id: new Shape() })],
    ['a shape of an unknown kind', shapeOf({ ...box, kind: 'toString' })],
    ['a shape of an unknown colour', shapeOf({ ...box, colour: 'constructor' })],
    ['a shape nowhere', shapeOf({ ...box, x: 'left' })],
    ['a shape without a size', shapeOf({ ...box, height: null })],
    ['a stroke whose points are a number', shapeOf({ ...stroke, points: 5 })],
    ['a stroke whose points are none', shapeOf({ ...stroke, points: ['a', null] })],
    ['a stroke without points', shapeOf({ ...stroke, points: null })],
  ]

  it.each(nonsense)('shows the other shapes, and takes them on, when it holds %s', (_, found) => {
    const doc = new Doc()
    const board = new Board(doc)
    doc.getArray<unknown>('shapes').push([found])
    board.add(box)
    board.add(stroke)
    board.draw('s', [9, 9])
    board.move('b', 1, 1)
    board.move('none', 1, 1)
    board.remove('none')
    expect(board.shapes).toEqual([
      { ...box, x: 2, y: 3 },
      { ...stroke, points: [0, 0, 5, 5, 9, 9] },
    ])
    board.remove('b')
    expect(board.shapes.map(({ id }) => id)).toEqual(['s'])
  })

  it('is cleared of what is no shape, too', () => {
    const doc = new Doc()
    const board = new Board(doc)
    for (const [, found] of nonsense.slice(0, 6)) doc.getArray<unknown>('shapes').push([found])
    board.clear()
    expect(doc.getArray('shapes').length).toBe(0)
  })
})

describe('a text', () => {
  it('has one character for each thing in it that is no text, from the beginning and as it comes', () => {
    const text = new Doc().getText()
    text.insert(0, 'ab')
    text.insertEmbed(1, { image: 'x' })
    expect(plainText(text)).toBe('a\ufffcb')
    const end = keepPlain(text)
    const seen: unknown[] = []
    text.observe(({ delta }) => seen.push(delta))
    text.insertEmbed(0, new Shape())
    expect(seen).toEqual([[{ insert: '\ufffc' }]])
    expect(plainText(text)).toHaveLength(text.length)
    end()
  })
})

describe('a message', () => {
  const said = { id: '1', from: 'a', name: 'Ann', text: 'Hello', at: 1 }
  const notice = { title: 'x', text: 'x', href: '/chat', at: 1 }

  it('is shown if it has what its pages read', () => {
    expect(fits('chat/lobby', said)).toBe(true)
    expect(fits('notices/me', notice)).toBe(true)
    expect(fits('people/lobby', undefined)).toBe(true)
    expect(fits('system/figures', null)).toBe(true)
  })

  it.each<[string, unknown]>([
    ['chat/lobby', null],
    ['chat/lobby', 5],
    ['chat/lobby', { ...said, at: 1e300 }],
    ['chat/lobby', { ...said, text: {} }],
    ['notices/me', { ...notice, href: 'javascript:alert(1)' }],
    ['notices/me', { ...notice, href: '//evil.example' }],
    ['feed/likes', { post: '1', by: 5 }],
    ['feed/likes', { post: '1', by: [null] }],
  ])('of %s is passed over if it is %j', (channel, data) => {
    expect(fits(channel, data)).toBe(false)
  })
})
