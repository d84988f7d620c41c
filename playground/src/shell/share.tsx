/** The button for bringing somebody in; what it opens is loaded when it is first asked for. */
import type { ComponentType } from 'preact'
import { useState } from 'preact/hooks'
import { toast } from './toasts.js'

type Dialog = ComponentType<{ readonly onClose: () => void }>

export function ShareButton() {
  const [Shown, setShown] = useState<Dialog>()
  const open = () =>
    import('../share/dialog.js').then(
      ({ ShareDialog }) => setShown(() => ShareDialog),
      () => toast('The server does not answer. Is it running?'),
    )
  return (
    <>
      <button type="button" class="bare share-button" aria-label="Share" title="Share" onClick={open}>
        <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
          <path d="M8 8l4-4 4 4M12 4v11M5 12v8h14v-8" />
        </svg>
      </button>
      {Shown && <Shown onClose={() => setShown(undefined)} />}
    </>
  )
}
