/** The button for the drawer that shows what is on the wire, and its place; the drawer is loaded when it is first asked for. */
import type { ComponentType } from 'preact'
import { toast } from './toasts.js'
import { useValue, Value } from './value.js'

type Drawer = ComponentType<{ readonly onClose: () => void }>

/** Undefined while it is closed. A component is a function, which a state would call. */
const drawer = new Value<{ readonly Shown: Drawer } | undefined>(undefined)
const close = () => drawer.set(undefined)

function toggle(): void {
  if (drawer.value) return close()
  import('../wire/drawer.js').then(
    ({ WireDrawer }) => drawer.set({ Shown: WireDrawer }),
    () => toast('The server does not answer. Is it running?'),
  )
}

export function WireButton({ onClick }: { readonly onClick: () => void }) {
  const isOpen = useValue(drawer) !== undefined
  const click = () => {
    onClick()
    toggle()
  }
  return (
    <button type="button" class="wire-button" aria-expanded={isOpen} onClick={click}>
      On the wire
    </button>
  )
}

export function WirePlace() {
  const shown = useValue(drawer)
  return shown ? <shown.Shown onClose={close} /> : null
}
