/** The shapes of a board: as they are read from its document, and how they are changed. */
import { type Doc, Array as List, Map as Shape, UndoManager } from 'yjs'
import type { ShapeData } from '../../server/whiteboard.js'

export type { ShapeData }
export type Colour = ShapeData['colour']
export type Kind = ShapeData['kind']

export const colours: readonly Colour[] = ['ink', 'blue', 'green', 'red', 'amber']
export const size = { width: 1080, height: 520 }

/** What is done here, so that undoing leaves alone what others do. */
const mine = Symbol('mine')
const kinds: readonly unknown[] = ['stroke', 'box', 'oval', 'note'] satisfies readonly Kind[]

export class Board {
  readonly undo: UndoManager
  readonly #doc: Doc
  readonly #shapes: List<Shape<unknown>>

  constructor(doc: Doc) {
    this.#doc = doc
    this.#shapes = doc.getArray('shapes')
    this.undo = new UndoManager(this.#shapes, { trackedOrigins: new Set([mine]), captureTimeout: 0 })
  }

  /** What others write is unknown: what is no shape is not shown. */
  get shapes(): ShapeData[] {
    return this.#shapes.map((shape) => shape.toJSON?.() as ShapeData).filter(isShape)
  }

  watch(changed: () => void): () => void {
    this.#shapes.observeDeep(changed)
    return () => this.#shapes.unobserveDeep(changed)
  }

  add({ points, ...rest }: ShapeData): void {
    this.#change(() => {
      const shape = new Shape<unknown>(Object.entries(rest))
      if (points) shape.set('points', List.from([...points]))
      this.#shapes.push([shape])
    })
  }

  set(id: string, fields: Partial<Pick<ShapeData, 'x' | 'y' | 'width' | 'height' | 'text' | 'colour'>>): void {
    this.#change(() => {
      for (const [name, value] of Object.entries(fields)) this.#find(id)?.set(name, value)
    })
  }

  /** Lengthens a stroke. */
  draw(id: string, points: number[]): void {
    this.#change(() => (this.#find(id)?.get('points') as List<number> | undefined)?.push(points))
  }

  move(id: string, dx: number, dy: number): void {
    const shape = this.shapes.find((one) => one.id === id)
    if (shape) this.set(id, { x: Math.round(shape.x + dx), y: Math.round(shape.y + dy) })
  }

  remove(id: string): void {
    this.#change(() => this.#shapes.delete(this.#shapes.toArray().findIndex((shape) => shape.get('id') === id)))
  }

  clear(): void {
    this.#change(() => this.#shapes.delete(0, this.#shapes.length))
  }

  /** What follows, up to `end`, is undone in one step. */
  begin(): void {
    this.undo.stopCapturing()
    this.undo.captureTimeout = Number.POSITIVE_INFINITY
  }

  end(): void {
    this.undo.captureTimeout = 0
  }

  #find(id: string): Shape<unknown> | undefined {
    return this.#shapes.toArray().find((shape) => shape.get('id') === id)
  }

  #change(act: () => void): void {
    this.#doc.transact(act, mine)
  }
}

function isShape(shape: ShapeData | undefined): shape is ShapeData {
  if (!shape || typeof shape.id !== 'string' || !kinds.includes(shape.kind) || !colours.includes(shape.colour))
    return false
  return [shape.x, shape.y, shape.width, shape.height].every(Number.isFinite)
}
