/** The board: the shapes, the hand that draws, and the cursors of the others. */
import type { YjsProvider } from 'anywire/yjs'
import { useRef } from 'preact/hooks'
import { useOthers } from '../documents/document.js'
import { Scroller } from '../parts/scroller.js'
import { type Place, useHand } from './hand.js'
import { Drawn, labelOf } from './shape.js'
import { type Board as BoardOf, type Colour, type ShapeData, size } from './shapes.js'
import type { Tool } from './tools.js'

interface Props {
  readonly provider: YjsProvider
  readonly board: BoardOf
  readonly shapes: readonly ShapeData[]
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

export function Board({ provider, board, shapes, tool, colour, selected, onSelect }: Props) {
  const svg = useRef<SVGSVGElement>(null)
  const hand = useHand({ svg, provider, board, tool, colour, onSelect })
  const keys = (event: KeyboardEvent, { id }: ShapeData) => {
    const step = steps[event.key]
    const far = event.shiftKey ? 50 : 10
    if (step) board.move(id, step.x * far, step.y * far)
    else if (event.key === 'Delete' || event.key === 'Backspace') board.remove(id)
    else return
    event.preventDefault()
  }
  return (
    <Scroller class="drawing" label="The board">
      <div class="surface" data-tool={tool}>
        {/* biome-ignore lint/a11y/useSemanticElements: it is drawn */}
        <svg ref={svg} viewBox={`0 0 ${size.width} ${size.height}`} aria-label="The board" role="group" {...hand}>
          {shapes.map((shape) => (
            // biome-ignore lint/a11y/useSemanticElements: it is drawn
            <g
              key={shape.id}
              class={`shape ${shape.colour}`}
              data-kind={shape.kind}
              data-id={shape.id}
              data-selected={shape.id === selected}
              transform={`translate(${shape.x} ${shape.y})`}
              role="button"
              aria-label={labelOf(shape)}
              aria-pressed={shape.id === selected}
              tabIndex={0}
              onFocus={() => onSelect(shape.id)}
              onKeyDown={(event) => keys(event, shape)}
            >
              <Drawn shape={shape} />
            </g>
          ))}
        </svg>
        <Cursors provider={provider} />
      </div>
    </Scroller>
  )
}

function Cursors({ provider }: { readonly provider: YjsProvider }) {
  const others = useOthers<{ readonly at?: Place | null }>(provider)
  return (
    <div class="cursors" aria-hidden="true">
      {others.map(({ client, user, state: { at } }) =>
        at && Number.isFinite(at.x) && Number.isFinite(at.y) ? (
          <span
            key={client}
            style={{
              left: `${(at.x / size.width) * 100}%`,
              top: `${(at.y / size.height) * 100}%`,
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
