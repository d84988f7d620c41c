/** Whiteboard: shapes that many draw at once, each a map of Yjs in one array. */
import { Doc, Array as List, Map as Shape } from 'yjs'
import { begin } from './editor.js'
import type { Scenario } from './scenario.js'

/** What a board holds of a shape. `points` of a stroke count from its `x` and `y`. */
export interface ShapeData {
  readonly id: string
  readonly kind: 'stroke' | 'box' | 'oval' | 'note' | 'picture'
  readonly colour: 'ink' | 'blue' | 'green' | 'red' | 'amber'
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
  readonly text?: string
  readonly points?: readonly number[]
  /** Of a picture: a `data:` URL. */
  readonly href?: string
}

const sketch: readonly ShapeData[] = [
  { id: 's1', kind: 'box', colour: 'ink', x: 90, y: 130, width: 190, height: 110 },
  { id: 's2', kind: 'note', colour: 'ink', x: 115, y: 168, width: 150, height: 36, text: 'publish' },
  { id: 's3', kind: 'oval', colour: 'blue', x: 400, y: 110, width: 240, height: 150 },
  { id: 's4', kind: 'note', colour: 'blue', x: 440, y: 168, width: 170, height: 36, text: 'the log' },
  { id: 's5', kind: 'note', colour: 'green', x: 790, y: 60, width: 170, height: 36, text: 'a tab' },
  { id: 's6', kind: 'note', colour: 'green', x: 790, y: 168, width: 170, height: 36, text: 'a phone' },
  { id: 's7', kind: 'note', colour: 'green', x: 790, y: 276, width: 170, height: 36, text: 'one offline' },
  arrow('s8', 'ink', 290, 185, 100, 0),
  arrow('s9', 'blue', 650, 165, 125, -80),
  arrow('s10', 'blue', 655, 186, 120, 0),
  arrow('s11', 'red', 650, 210, 125, 80),
]

export const whiteboard: Scenario = {
  page: 'whiteboard',
  rules: {},
  start(hub) {
    const doc = new Doc()
    doc.getArray('shapes').insert(0, sketch.map(shaped))
    begin(hub, 'whiteboard/lobby', doc)
    return () => undefined
  },
}

function shaped({ points, ...rest }: ShapeData): Shape<unknown> {
  const shape = new Shape<unknown>(Object.entries(rest))
  if (points) shape.set('points', List.from([...points]))
  return shape
}

/** A line that leans by a few points, as one draws it. */
function arrow(id: string, colour: ShapeData['colour'], x: number, y: number, dx: number, dy: number): ShapeData {
  const along = [0, 0.2, 0.4, 0.6, 0.8, 1].flatMap((t) => [dx * t, dy * t + Math.sin(t * 7) * 3])
  const [tipX, tipY] = along.slice(-2) as [number, number]
  const head = [tipX - 14, tipY - 9, tipX, tipY, tipX - 12, tipY + 11]
  return { id, kind: 'stroke', colour, x, y, width: dx, height: Math.abs(dy), points: [...along, ...head] }
}
