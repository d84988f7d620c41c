/** The hand on the board: what a pointer draws, drags and points at. A stroke grows with each frame, for the others too. */
import type { YjsProvider } from 'anywire/yjs'
import type { RefObject } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { freshId } from '../shell/id.js'
import { Fingers } from './fingers.js'
import type { Board, Colour } from './shapes.js'
import type { Tool } from './tools.js'
import type { Camera, Place, View } from './view.js'

interface Hand {
  readonly svg: RefObject<SVGSVGElement | null>
  readonly provider: YjsProvider
  readonly board: Board
  readonly camera: Camera
  readonly tool: Tool
  readonly colour: Colour
  readonly onSelect: (id: string | undefined) => void
  /** A note is there, and to be written on. */
  readonly onWrite: (id: string) => void
}

/** What is under way between a press and its release. */
interface Act {
  readonly id: string
  readonly tool: Tool
  readonly from: Place
  last: Place
  /** Points of a stroke that are not in the document yet. */
  points: number[]
}

/** No shape lies further out. */
const mostFar = 20_000

export const noteSize = { width: 160, height: 36 }

export function useHand({ svg, provider, board, camera, tool, colour, onSelect, onWrite }: Hand) {
  const act = useRef<Act | undefined>(undefined)
  const frame = useRef(0)
  const fingers = useRef(new Fingers()).current
  useEffect(() => () => cancelAnimationFrame(frame.current), [])
  const placeOf = (event: PointerEvent) => onBoard(pixelsOf(event, svg.current), camera.view)

  /** Once a frame: the document. */
  const settle = () => {
    frame.current = 0
    const { current } = act
    if (current && current.points.length > 0) board.draw(current.id, current.points.splice(0))
  }

  const down = (event: PointerEvent) => {
    if (event.button > 1 || !svg.current) return
    svg.current.setPointerCapture(event.pointerId)
    const grasped = shapeAt(event)
    const moves = event.button === 1 || (tool === 'select' && grasped === undefined)
    if (event.pointerType === 'touch' || moves) fingers.put(event.pointerId, pixelsOf(event, svg.current))
    if (fingers.count > 1) {
      // A second finger: what the first has begun is taken back.
      if (act.current) giveUp(board, act.current)
      act.current = undefined
      return
    }
    if (tool === 'select' && event.button === 0) onSelect(grasped)
    if (moves || tool !== 'select') event.preventDefault()
    if (moves) return
    const from = placeOf(event)
    const id = grasped !== undefined && tool === 'select' ? grasped : freshId()
    board.begin()
    if (tool !== 'select') {
      put(board, tool, colour, id, from)
      onSelect(id)
    }
    act.current = { id, tool, from, last: from, points: [] }
  }

  const move = (event: PointerEvent) => {
    const at = placeOf(event)
    provider.awareness.setLocalStateField('at', at)
    const { current } = act
    if (!current) return fingers.steer(event.pointerId, pixelsOf(event, svg.current), camera)
    if (event.pointerType === 'touch') fingers.put(event.pointerId, pixelsOf(event, svg.current))
    change(board, current, at)
    current.last = at
    frame.current ||= requestAnimationFrame(settle)
  }

  const up = (event: PointerEvent) => {
    fingers.lift(event.pointerId)
    const { current } = act
    if (!current) return
    settle()
    board.end()
    act.current = undefined
    if (current.tool === 'note') onWrite(current.id)
  }

  return {
    onPointerDown: down,
    onPointerMove: move,
    onPointerUp: up,
    onPointerCancel: up,
    onPointerLeave: () => provider.awareness.setLocalStateField('at', null),
    onDblClick: (event: MouseEvent) => {
      const note = shapeAt(event, '[data-kind="note"]')
      if (note) onWrite(note)
    },
  }
}

const shapeAt = ({ target }: Event, which = '') =>
  (target as Element).closest(`.shape${which}`)?.getAttribute('data-id') ?? undefined

function pixelsOf({ clientX, clientY }: PointerEvent, svg: SVGSVGElement | null): Place {
  const { left = 0, top = 0 } = svg?.getBoundingClientRect() ?? {}
  return { x: clientX - left, y: clientY - top }
}

function onBoard({ x, y }: Place, view: View): Place {
  const within = (value: number) => Math.round(Math.min(mostFar, Math.max(-mostFar, value)))
  return { x: within(view.x + x / view.scale), y: within(view.y + y / view.scale) }
}

function put(board: Board, kind: Exclude<Tool, 'select'>, colour: Colour, id: string, from: Place): void {
  const flat = { id, kind, colour, ...from, width: 0, height: 0 }
  if (kind === 'stroke') board.add({ ...flat, points: [0, 0] })
  else board.add(kind === 'note' ? { ...flat, ...noteSize, text: '' } : flat)
}

function change(board: Board, { id, tool, from, last, points }: Act, at: Place): void {
  if (tool === 'stroke') points.push(at.x - from.x, at.y - from.y)
  else if (tool === 'select') board.move(id, at.x - last.x, at.y - last.y)
  else if (tool !== 'note') {
    const [x, y] = [Math.min(from.x, at.x), Math.min(from.y, at.y)]
    board.set(id, { x, y, width: Math.abs(at.x - from.x), height: Math.abs(at.y - from.y) })
  }
}

function giveUp(board: Board, { id, tool }: Act): void {
  if (tool !== 'select') board.remove(id)
  board.end()
}
