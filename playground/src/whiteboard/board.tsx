/** The board: the shapes, the hand that draws, the note that is written on, and the cursors of the others. */
import type { YjsProvider } from 'anywire/yjs'
import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import { useOthers } from '../documents/document.js'
import { useHand } from './hand.js'
import { Drawn, labelOf } from './shape.js'
import type { Board as BoardOf, Colour, ShapeData } from './shapes.js'
import type { Tool } from './tools.js'
import { type Camera, type Place, zoomed } from './view.js'
import { NoteEditor } from './writing.js'

interface Props {
  readonly provider: YjsProvider
  readonly board: BoardOf
  readonly shapes: readonly ShapeData[]
  readonly box: { readonly current: HTMLDivElement | null }
  readonly camera: Camera
  readonly tool: Tool
  readonly colour: Colour
  readonly selected: string | undefined
  readonly onSelect: (id: string | undefined) => void
}

const steps: Readonly<Record<string, Place>> = {
  ArrowLeft: { x: -1, y: 0 },
  ArrowRight: { x: 1, y: 0 },
  ArrowUp: { x: 0, y: -1 },
  ArrowDown: { x: 0, y: 1 },
}
const gridStep = 24

export function Board({ provider, board, shapes, box, camera, tool, colour, selected, onSelect }: Props) {
  const svg = useRef<SVGSVGElement>(null)
  const [written, setWritten] = useState<string>()
  const hand = useHand({ svg, provider, board, camera, tool, colour, onSelect, onWrite: setWritten })
  const { view, width, height } = camera
  useWheel(box, camera)
  const note = shapes.find(({ id }) => id === written)
  // A board that is moved has the same shapes.
  const drawn = useMemo(
    () =>
      shapes.map((shape) => <Shape {...{ shape, board, selected, onSelect }} onWrite={setWritten} key={shape.id} />),
    [shapes, selected],
  )
  const grid = {
    backgroundSize: `${gridStep * view.scale}px ${gridStep * view.scale}px`,
    backgroundPosition: `${-view.x * view.scale}px ${-view.y * view.scale}px`,
  }
  return (
    <div class="drawing" ref={box} style={grid} data-tool={tool}>
      {/* biome-ignore lint/a11y/useSemanticElements: it is drawn */}
      <svg
        ref={svg}
        viewBox={`${view.x} ${view.y} ${width / view.scale} ${height / view.scale}`}
        aria-label="The board"
        role="group"
        {...hand}
      >
        {drawn}
      </svg>
      {note && <NoteEditor key={note.id} board={board} note={note} view={view} onEnd={() => setWritten(undefined)} />}
      <Cursors provider={provider} camera={camera} />
    </div>
  )
}

interface ShapeProps extends Pick<Props, 'board' | 'selected' | 'onSelect'> {
  readonly shape: ShapeData
  readonly onWrite: (id: string) => void
}

function Shape({ shape, board, selected, onSelect, onWrite }: ShapeProps) {
  const { id, kind, text = '' } = shape
  const keys = (event: KeyboardEvent) => {
    const { key, shiftKey, ctrlKey, metaKey, altKey } = event
    const step = steps[key]
    const far = shiftKey ? 50 : 10
    if (ctrlKey || metaKey || altKey) return
    if (step) board.move(id, step.x * far, step.y * far)
    else if (key === 'Delete' || key === 'Backspace') board.remove(id)
    else if (kind === 'note' && key === 'Enter') onWrite(id)
    else if (kind === 'note' && key.length === 1) {
      board.set(id, { text: text + key })
      onWrite(id)
    } else return
    event.preventDefault()
  }
  return (
    // biome-ignore lint/a11y/useSemanticElements: it is drawn
    <g
      class={`shape ${shape.colour}`}
      data-kind={kind}
      data-id={id}
      data-selected={id === selected}
      transform={`translate(${shape.x} ${shape.y})`}
      role="button"
      aria-label={labelOf(shape)}
      aria-pressed={id === selected}
      tabIndex={0}
      onFocus={() => onSelect(id)}
      onKeyDown={keys}
    >
      <Drawn shape={shape} />
    </g>
  )
}

/** The wheel with Ctrl, and two fingers on a touchpad, zoom. Alone it scrolls the page, as everywhere. */
function useWheel(box: Props['box'], camera: Camera): void {
  const newest = useRef(camera)
  newest.current = camera
  useEffect(() => {
    const { current: element } = box
    const turn = (event: WheelEvent) => {
      if (!element || !(event.ctrlKey || event.metaKey)) return
      event.preventDefault()
      const { left, top } = element.getBoundingClientRect()
      const at = { x: event.clientX - left, y: event.clientY - top }
      newest.current.move((view) => zoomed(view, Math.exp(-event.deltaY / 300), at))
    }
    element?.addEventListener('wheel', turn, { passive: false })
    return () => element?.removeEventListener('wheel', turn)
  }, [])
}

function Cursors({ provider, camera: { view } }: { readonly provider: YjsProvider; readonly camera: Camera }) {
  const others = useOthers<{ readonly at?: Place | null }>(provider)
  return (
    <div class="cursors" aria-hidden="true">
      {others.map(({ client, user, state: { at } }) =>
        at && Number.isFinite(at.x) && Number.isFinite(at.y) ? (
          <span
            key={client}
            style={{
              left: `${(at.x - view.x) * view.scale}px`,
              top: `${(at.y - view.y) * view.scale}px`,
              background: user.color,
            }}
          >
            {user.name.slice(0, 30)}
          </span>
        ) : null,
      )}
    </div>
  )
}
