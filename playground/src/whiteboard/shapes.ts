/** The shapes of a board: as they are read from its document, and how they are changed. */
import { type Doc, Array as List, Map as Shape, UndoManager } from 'yjs'
import type { ShapeData } from '../../server/whiteboard.js'
import { isPicture } from './pictures.js'

export type { ShapeData }
export type Colour = ShapeData['colour']
export type Kind = ShapeData['kind']

export const colours: readonly Colour[] = ['ink', 'blue', 'green', 'red', 'amber']
/** What a new board shows; it goes on beyond that. */
export const size = { width: 1080, height: 520 }

/** What is done here, so that undoing leaves alone what others do. */
const mine = Symbol('mine')
const kinds: readonly unknown[] = ['stroke', 'box', 'oval', 'note', 'picture'] satisfies readonly Kind[]

export class Board {
  readonly undo: UndoManager
  readonly #doc: Doc
  /** Of shapes, if everybody keeps to that. */
  readonly #shapes: List<Shape<unknown>>

  constructor(doc: Doc) {
    this.#doc = doc
    this.#shapes = doc.getArray('shapes')
    this.undo = new UndoManager(this.#shapes, { trackedOrigins: new Set([mine]), captureTimeout: 0 })
  }

  /** What others write is unknown: what is no shape is not shown. */
  get shapes(): ShapeData[] {
    return this.#shapes.toArray().flatMap((found) => shapeIn(found) ?? [])
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
    const along = this.#find(id)?.get('points')
    if (along instanceof List) this.#change(() => along.push(points))
  }

  move(id: string, dx: number, dy: number): void {
    const shape = this.shapes.find((one) => one.id === id)
    if (shape) this.set(id, { x: Math.round(shape.x + dx), y: Math.round(shape.y + dy) })
  }

  remove(id: string): void {
    const at = this.#shapes.toArray().findIndex((found) => isShape(found, id))
    if (at >= 0) this.#change(() => this.#shapes.delete(at))
  }

  /** What is no shape goes too. */
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
    return this.#shapes.toArray().find((found) => isShape(found, id))
  }

  #change(act: () => void): void {
    this.#doc.transact(act, mine)
  }
}

/** Whether it is the shape of this id, and can be shown. */
function isShape(found: unknown, id: string): boolean {
  return found instanceof Shape && found.get('id') === id && shapeIn(found) !== undefined
}

/** A shape with everything that its kind is drawn by; undefined for what is none, so that the others are shown. */
function shapeIn(found: unknown): ShapeData | undefined {
  if (!(found instanceof Shape)) return undefined
  const { id, kind, colour, x, y, width, height, text, points, href } = found.toJSON() as Partial<ShapeData>
  if (typeof id !== 'string' || !kinds.includes(kind) || !(colours as readonly unknown[]).includes(colour))
    return undefined
  if (![x, y, width, height].every(Number.isFinite)) return undefined
  if (kind === 'stroke' && !(Array.isArray(points) && points.every(Number.isFinite))) return undefined
  if (kind === 'picture' && !isPicture(href)) return undefined
  const words = typeof text === 'string' ? { text } : {}
  const along = kind === 'stroke' ? { points } : {}
  return { id, kind, colour, x, y, width, height, ...words, ...along, ...(kind === 'picture' && { href }) } as ShapeData
}
