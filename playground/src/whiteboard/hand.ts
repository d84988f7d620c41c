/** The hand on the board: what a pointer draws, drags and points at. A stroke grows with each frame, for the others too. */
import type { YjsProvider } from 'anywire/yjs'
import type { RefObject } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { freshId } from '../shell/id.js'
import type { Board, Colour } from './shapes.js'
import type { Tool } from './tools.js'
import { type Camera, type Place, panned, zoomed } from './view.js'

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

export function useHand({ svg, provider, board, camera, tool, colour, onSelect, onWrite }: Hand) {
  const act = useRef<Act | undefined>(undefined)
  const frame = useRef(0)
  /** Where each finger is, in pixels; and the mouse, while it moves the board. */
  const fingers = useRef(new Map<number, Place>())
  useEffect(() => () => cancelAnimationFrame(frame.current), [])

  const pixelsOf = ({ clientX, clientY }: PointerEvent): Place => {
    const { left, top } = svg.current!.getBoundingClientRect()
    return { x: clientX - left, y: clientY - top }
  }
  const placeOf = (event: PointerEvent): Place => {
    const { x, y } = pixelsOf(event)
    const { view } = camera
    const on = (value: number) => Math.round(Math.min(mostFar, Math.max(-mostFar, value)))
    return { x: on(view.x + x / view.scale), y: on(view.y + y / view.scale) }
  }

  /** Once a frame: the document. */
  const settle = () => {
    frame.current = 0
    const { current } = act
    if (current && current.points.length > 0) board.draw(current.id, current.points.splice(0))
  }

  /** A second finger moves and zooms: what the first has begun is taken back. */
  const giveUp = () => {
    const { current } = act
    if (!current) return
    act.current = undefined
    if (current.tool !== 'select') board.remove(current.id)
    board.end()
  }

  const begin = (event: PointerEvent) => {
    const from = placeOf(event)
    const id = freshId()
    event.preventDefault()
    board.begin()
    const flat = { id, kind: tool, colour, ...from, width: 0, height: 0 }
    if (tool === 'stroke') board.add({ ...flat, kind: tool, points: [0, 0] })
    else if (tool !== 'select')
      board.add(tool === 'note' ? { ...flat, kind: tool, ...noteSize, text: '' } : { ...flat, kind: tool })
    onSelect(id)
    act.current = { id, tool, from, last: from, points: [] }
  }

  const down = (event: PointerEvent) => {
    if (event.button > 1 || !svg.current) return
    svg.current.setPointerCapture(event.pointerId)
    const grasped = (event.target as Element).closest('.shape')?.getAttribute('data-id') ?? undefined
    const moves = event.button === 1 || (tool === 'select' && grasped === undefined)
    if (event.pointerType === 'touch' || moves) fingers.current.set(event.pointerId, pixelsOf(event))
    if (fingers.current.size > 1) return giveUp()
    if (tool === 'select' && event.button === 0) onSelect(grasped)
    if (moves) return event.preventDefault()
    if (tool !== 'select') return begin(event)
    const from = placeOf(event)
    board.begin()
    act.current = { id: grasped ?? '', tool, from, last: from, points: [] }
  }

  /** One finger moves the board, two zoom it too. */
  const steer = (event: PointerEvent) => {
    const before = fingers.current.get(event.pointerId)
    if (!before) return
    const now = pixelsOf(event)
    const [other] = [...fingers.current].flatMap(([id, place]) => (id === event.pointerId ? [] : [place]))
    fingers.current.set(event.pointerId, now)
    const share = other ? 0.5 : 1
    const step = { x: (now.x - before.x) * share, y: (now.y - before.y) * share }
    const factor = other ? far(now, other) / Math.max(1, far(before, other)) : 1
    const middle = other ? { x: (now.x + other.x) / 2, y: (now.y + other.y) / 2 } : now
    camera.move((view) => zoomed(panned(view, step), factor, middle))
  }

  const move = (event: PointerEvent) => {
    const { current } = act
    if (!current) return steer(event)
    const at = placeOf(event)
    const { id, from, last } = current
    if (current.tool === 'stroke') current.points.push(at.x - from.x, at.y - from.y)
    else if (current.tool === 'select') board.move(id, at.x - last.x, at.y - last.y)
    else if (current.tool !== 'note') {
      const [x, y] = [Math.min(from.x, at.x), Math.min(from.y, at.y)]
      board.set(id, { x, y, width: Math.abs(at.x - from.x), height: Math.abs(at.y - from.y) })
    }
    current.last = at
    frame.current ||= requestAnimationFrame(settle)
  }

  const up = (event: PointerEvent) => {
    fingers.current.delete(event.pointerId)
    const { current } = act
    if (!current) return
    settle()
    board.end()
    act.current = undefined
    if (current.tool === 'note') onWrite(current.id)
  }

  return {
    onPointerDown: down,
    onPointerMove: (event: PointerEvent) => {
      provider.awareness.setLocalStateField('at', placeOf(event))
      move(event)
    },
    onPointerUp: up,
    onPointerCancel: up,
    onPointerLeave: () => provider.awareness.setLocalStateField('at', null),
    onDblClick: ({ target }: MouseEvent) => {
      const note = (target as Element).closest('.shape[data-kind="note"]')?.getAttribute('data-id')
      if (note) onWrite(note)
    },
  }
}

export const noteSize = { width: 160, height: 36 }

const far = (a: Place, b: Place) => Math.hypot(a.x - b.x, a.y - b.y)
