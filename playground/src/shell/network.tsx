/** The switch that cuts this browser's network. The server does it. */
import { useEffect } from 'preact/hooks'
import { Line } from './line.js'
import { useValue } from './value.js'

const line = new Line('/network')

export const network = line.state

/** Cuts the network of this browser, or restores it. */
export const setNetwork = line.set

export function NetworkSwitch() {
  const open = useValue(network) === 'open'
  useEffect(() => {
    void line.look()
    // Another browser of the same visitor may have used its switch.
    const look = () => document.visibilityState === 'visible' && void line.look()
    addEventListener('visibilitychange', look)
    return () => removeEventListener('visibilitychange', look)
  }, [])
  return (
    <button
      type="button"
      role="switch"
      class="switch"
      aria-checked={open}
      title={open ? 'Cut the network of this browser' : 'Restore the network of this browser'}
      onClick={() => setNetwork(open ? 'cut' : 'open')}
    >
      <span class="track" aria-hidden="true" />
      <span class="word">Network</span>
    </button>
  )
}
