/** Writing on a note: a field at its place, as large as its letters. The note grows with what is written. */
import { useLayoutEffect, useRef } from 'preact/hooks'
import { noteSize } from './hand.js'
import type { Board, ShapeData } from './shapes.js'
import type { View } from './view.js'

const mostText = 200

interface Props {
  readonly board: Board
  readonly note: ShapeData
  readonly view: View
  readonly onEnd: () => void
}

export function NoteEditor({ board, note, view, onEnd }: Props) {
  const area = useRef<HTMLTextAreaElement>(null)
  const { id, colour, x, y, width, text = '' } = note
  // It has the focus as soon as it is there: somebody types at once.
  useLayoutEffect(() => {
    // What is written is undone in one step.
    board.begin()
    area.current?.focus()
    area.current?.setSelectionRange(text.length, text.length)
    return () => board.end()
  }, [])
  const write = ({ currentTarget: { value, scrollHeight } }: { readonly currentTarget: HTMLTextAreaElement }) =>
    board.set(id, { text: value, height: Math.max(noteSize.height, Math.ceil(scrollHeight / view.scale)) })
  const keys = (event: KeyboardEvent) => {
    event.stopPropagation()
    if (event.key === 'Escape') area.current?.blur()
  }
  return (
    <textarea
      class={`writing ${colour}`}
      ref={area}
      dir="auto"
      rows={1}
      maxLength={mostText}
      aria-label="Text of the note"
      value={text}
      style={{
        left: `${(x - view.x) * view.scale}px`,
        top: `${(y - view.y) * view.scale}px`,
        width: `${width * view.scale}px`,
        minHeight: `${noteSize.height * view.scale}px`,
        fontSize: `${20 * view.scale}px`,
      }}
      onInput={write}
      onKeyDown={keys}
      onBlur={onEnd}
    />
  )
}
