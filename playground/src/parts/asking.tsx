/** A button for what concerns everybody: it asks before it acts. */
import type { ComponentChildren } from 'preact'
import { useId, useRef } from 'preact/hooks'
import { Button } from './button.js'

interface Props {
  readonly question: string
  /** What one says to go on. */
  readonly yes: string
  readonly look?: 'small' | 'tool'
  readonly onYes: () => void
  readonly children: ComponentChildren
}

export function AskingButton({ question, yes, look, onYes, children }: Props) {
  const dialog = useRef<HTMLDialogElement>(null)
  const name = useId()
  const close = () => dialog.current?.close()
  const act = () => {
    close()
    onYes()
  }
  return (
    <>
      <Button look={look} onClick={() => dialog.current?.showModal()}>
        {children}
      </Button>
      <dialog class="asking" ref={dialog} aria-labelledby={name}>
        <p id={name}>{question}</p>
        <div class="answers">
          <Button onClick={close}>Cancel</Button>
          <Button main onClick={act}>
            {yes}
          </Button>
        </div>
      </dialog>
    </>
  )
}
