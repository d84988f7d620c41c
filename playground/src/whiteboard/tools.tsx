/** The tools beside the board: what the hand draws, in which colour, and what is done with what is selected. */
import { useEffect, useState } from 'preact/hooks'
import { Button } from '../parts/button.js'
import { Choice, Field } from '../parts/field.js'
import { freshId } from './hand.js'
import { type Board, type Colour, colours, type Kind, type ShapeData, size } from './shapes.js'

export type Tool = Kind | 'select'

const tools = [
  ['select', 'Select'],
  ['stroke', 'Pen'],
  ['box', 'Box'],
  ['oval', 'Oval'],
  ['note', 'Note'],
] as const satisfies readonly (readonly [Tool, string])[]

interface Props {
  readonly board: Board
  readonly tool: Tool
  readonly onTool: (tool: Tool) => void
  readonly colour: Colour
  readonly onColour: (colour: Colour) => void
  readonly selected: ShapeData | undefined
}

export function Tools({ board, tool, onTool, colour, onColour, selected }: Props) {
  const paint = (next: Colour) => {
    onColour(next)
    if (selected && tool === 'select') board.set(selected.id, { colour: next })
  }
  return (
    <div class="tools">
      <Choice label="Tool" name="tool" value={tool} options={tools} onChange={onTool} />
      <Choice
        label="Colour"
        name="colour"
        value={colour}
        options={colours.map((one) => [one, one] as const)}
        onChange={paint}
      />
      <div class="acts">
        <Button
          disabled={tool === 'select' || tool === 'stroke'}
          onClick={() => board.add(inTheMiddle(tool as Kind, colour))}
        >
          Add one
        </Button>
        <UndoButtons board={board} />
        <Button onClick={() => board.clear()}>Clear</Button>
      </div>
    </div>
  )
}

/** Below the board, so that nothing moves under the hand that selects. */
export function NoteText({ board, selected }: Pick<Props, 'board' | 'selected'>) {
  const isNote = selected?.kind === 'note'
  return (
    <div class="caption">
      <Field
        label="Text of the note"
        placeholder={isNote ? '' : 'Select a note to write on it'}
        value={isNote ? (selected.text ?? '') : ''}
        disabled={!isNote}
        maxLength={40}
        onInput={(event) => isNote && board.set(selected.id, { text: event.currentTarget.value })}
      />
    </div>
  )
}

function UndoButtons({ board }: { readonly board: Board }) {
  const { undo } = board
  const [, drawAgain] = useState({})
  useEffect(() => {
    const changed = () => drawAgain({})
    for (const event of ['stack-item-added', 'stack-item-popped', 'stack-cleared'] as const) undo.on(event, changed)
    return () => {
      for (const event of ['stack-item-added', 'stack-item-popped', 'stack-cleared'] as const) undo.off(event, changed)
    }
  }, [undo])
  return (
    <>
      <Button disabled={!undo.canUndo()} onClick={() => undo.undo()}>
        Undo
      </Button>
      <Button disabled={!undo.canRedo()} onClick={() => undo.redo()}>
        Redo
      </Button>
    </>
  )
}

/** For who draws without a pointer: arrow keys move it from there. */
function inTheMiddle(kind: Kind, colour: Colour): ShapeData {
  const [width, height] = kind === 'note' ? [160, 36] : [160, 100]
  const [x, y] = [(size.width - width) / 2, (size.height - height) / 2]
  return { id: freshId(), kind, colour, x, y, width, height, ...(kind === 'note' && { text: 'note' }) }
}
