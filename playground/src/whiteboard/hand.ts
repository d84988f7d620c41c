/** The hand on the board: what a pointer draws, drags and points at. A stroke grows with each frame, for the others too. */
import type { YjsProvider } from 'anywire/yjs'
import type { RefObject } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { type Board, type Colour, size } from './shapes.js'
import type { Tool } from './tools.js'

export interface Place {
  readonly x: number
  readonly y: number
}

interface Hand {
  readonly svg: RefObject<SVGSVGElement | null>
  readonly provider: YjsProvider
  readonly board: Board
  readonly tool: Tool
  readonly colour: Colour
  readonly onSelect: (id: string | undefined) => void
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

export const freshId = () => crypto.getRandomValues(new Uint32Array(2)).join('-')

export function useHand({ svg, provider, board, tool, colour, onSelect }: Hand) {
  const act = useRef<Act | undefined>(undefined)
  const frame = useRef(0)
  useEffect(() => () => cancelAnimationFrame(frame.current), [])

  const placeOf = ({ clientX, clientY }: PointerEvent): Place => {
    const { left, top, width, height } = svg.current!.getBoundingClientRect()
    const within = (value: number, most: number) => Math.round(Math.min(Math.max(value, 0), most))
    return {
      x: within(((clientX - left) / width) * size.width, size.width),
      y: within(((clientY - top) / height) * size.height, size.height),
    }
  }

  /** Once a frame: the document, and where this hand is. */
  const settle = () => {
    frame.current = 0
    const { current } = act
    if (current && current.points.length > 0) board.draw(current.id, current.points.splice(0))
  }

  const down = (event: PointerEvent) => {
    if (event.button !== 0 || !svg.current) return
    const from = placeOf(event)
    const grasped = (event.target as Element).closest('.shape')?.getAttribute('data-id') ?? undefined
    if (tool === 'select') {
      onSelect(grasped)
      if (grasped === undefined) return
    }
    const id = tool === 'select' ? grasped! : freshId()
    board.begin()
    if (tool !== 'select') {
      event.preventDefault()
      const flat = { id, kind: tool, colour, ...from, width: 0, height: 0 }
      if (tool === 'stroke') board.add({ ...flat, points: [0, 0] })
      else board.add(tool === 'note' ? { ...flat, width: 160, height: 36, text: '' } : flat)
      onSelect(id)
    }
    act.current = { id, tool, from, last: from, points: [] }
    svg.current.setPointerCapture(event.pointerId)
  }

  const move = (event: PointerEvent) => {
    const { current } = act
    const at = placeOf(event)
    provider.awareness.setLocalStateField('at', at)
    if (!current) return
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

  const up = () => {
    settle()
    board.end()
    act.current = undefined
  }

  return {
    onPointerDown: down,
    onPointerMove: move,
    onPointerUp: up,
    onPointerCancel: up,
    onPointerLeave: () => provider.awareness.setLocalStateField('at', null),
  }
}
