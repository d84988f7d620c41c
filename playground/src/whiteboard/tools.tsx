/** The tools above the board, in one row: what the hand draws, in which colour, what is undone, and how near one looks. */
import { useEffect, useState } from 'preact/hooks'
import { AskingButton } from '../parts/asking.js'
import { Button } from '../parts/button.js'
import { Choice } from '../parts/field.js'
import { Scroller } from '../parts/scroller.js'
import { freshId } from '../shell/id.js'
import { noteSize } from './hand.js'
import { Icon, type IconName } from './icons.js'
import { type Board, type Colour, colours, type Kind, type ShapeData, size } from './shapes.js'
import type { Camera } from './view.js'

export type Tool = Exclude<Kind, 'picture'> | 'select'

const tools = [
  ['select', 'Select'],
  ['stroke', 'Pen'],
  ['box', 'Box'],
  ['oval', 'Oval'],
  ['note', 'Note'],
] as const satisfies readonly (readonly [Tool, string])[]

interface Props {
  readonly board: Board
  readonly camera: Camera
  readonly tool: Tool
  readonly onTool: (tool: Tool) => void
  readonly colour: Colour
  readonly onColour: (colour: Colour) => void
  readonly selected: ShapeData | undefined
  readonly onPicture: (file: Blob | undefined) => void
}

export function Tools({ board, camera, tool, onTool, colour, onColour, selected, onPicture }: Props) {
  const paint = (next: Colour) => {
    onColour(next)
    if (selected && tool === 'select') board.set(selected.id, { colour: next })
  }
  return (
    <Scroller class="tools" label="Tools">
      <Choice
        label="Tool"
        name="tool"
        value={tool}
        options={tools.map(([value, label]) => [value, label, <Icon key={value} name={value} />] as const)}
        onChange={onTool}
      />
      <Choice
        label="Colour"
        name="colour"
        value={colour}
        options={colours.map((one) => [one, one, <i key={one} class={`swatch ${one}`} />] as const)}
        onChange={paint}
      />
      <label class="button tool" title="Picture">
        <Icon name="picture" />
        <span class="unseen">Picture</span>
        <input type="file" accept="image/*" onChange={(event) => onPicture(event.currentTarget.files?.[0])} />
      </label>
      <ToolButton
        icon="add"
        label="Add one"
        disabled={tool === 'select' || tool === 'stroke'}
        onClick={() => board.add(inTheMiddle(tool as Kind, colour))}
      />
      <UndoButtons board={board} />
      <ToolButton icon="out" label="Zoom out" onClick={() => camera.zoom(0.8)} />
      <ToolButton icon="fit" label={`${Math.round(camera.view.scale * 100)} %: show all`} onClick={camera.fit} />
      <ToolButton icon="add" label="Zoom in" onClick={() => camera.zoom(1.25)} />
      <AskingButton
        question="Clear the board for everybody? You can undo it; the others cannot."
        yes="Clear it"
        look="tool"
        onYes={() => board.clear()}
      >
        <Icon name="clear" />
        <span class="unseen">Clear</span>
      </AskingButton>
    </Scroller>
  )
}

interface ToolButtonProps {
  readonly icon: IconName
  readonly label: string
  readonly disabled?: boolean
  readonly onClick: () => void
}

const ToolButton = ({ icon, label, disabled = false, onClick }: ToolButtonProps) => (
  <Button look="tool" title={label} disabled={disabled} onClick={onClick}>
    <Icon name={icon} />
    <span class="unseen">{label}</span>
  </Button>
)

function UndoButtons({ board: { undo } }: { readonly board: Board }) {
  const [, drawAgain] = useState({})
  useEffect(() => {
    const changed = () => drawAgain({})
    for (const event of ['stack-item-added', 'stack-item-popped', 'stack-cleared'] as const) undo.on(event, changed)
    return () => {
      for (const event of ['stack-item-added', 'stack-item-popped', 'stack-cleared'] as const) undo.off(event, changed)
    }
  }, [undo])
  useEffect(() => {
    const keys = (event: KeyboardEvent) => {
      const { key, ctrlKey, metaKey, shiftKey, target } = event
      const writes = target instanceof HTMLElement && target.matches('input:not([type="radio"]), textarea')
      if (!(ctrlKey || metaKey) || writes) return
      if (key.toLowerCase() === 'z') shiftKey ? undo.redo() : undo.undo()
      else if (key.toLowerCase() === 'y') undo.redo()
      else return
      event.preventDefault()
    }
    addEventListener('keydown', keys)
    return () => removeEventListener('keydown', keys)
  }, [undo])
  return (
    <>
      <ToolButton icon="undo" label="Undo" disabled={!undo.canUndo()} onClick={() => undo.undo()} />
      <ToolButton icon="redo" label="Redo" disabled={!undo.canRedo()} onClick={() => undo.redo()} />
    </>
  )
}

/** For who draws without a pointer: arrow keys move it from there. */
function inTheMiddle(kind: Kind, colour: Colour): ShapeData {
  const { width, height } = kind === 'note' ? noteSize : { width: 160, height: 100 }
  const [x, y] = [(size.width - width) / 2, (size.height - height) / 2]
  return { id: freshId(), kind, colour, x, y, width, height, ...(kind === 'note' && { text: 'note' }) }
}
