/** The switch that cuts this browser's network. The server does it: connections end without a word, and new ones come to nothing. */
import { useEffect } from 'preact/hooks'
import { toast } from './toasts.js'
import { useValue, Value } from './value.js'

type Network = 'open' | 'cut'

export const network = new Value<Network>('open')

/** The tabs of a browser share one network: the one whose switch is used tells the others. */
const tabs = new BroadcastChannel('network')
tabs.onmessage = ({ data }) => settle(data)

/** Cuts the network of this browser, or restores it. */
export const setNetwork = (to: Network) => ask({ method: 'PUT', body: to })

async function ask(init?: RequestInit): Promise<void> {
  try {
    settle(await (await fetch('/network', init)).text())
    if (init) tabs.postMessage(network.value)
  } catch {
    toast('The server does not answer. Is it running?')
  }
}

function settle(answer: unknown): void {
  const before = network.value
  network.set(answer === 'cut' ? 'cut' : 'open')
  // What a browser says when its network is back: the client then waits no longer.
  if (before === 'cut' && network.value === 'open') dispatchEvent(new Event('online'))
}

export function NetworkSwitch() {
  const open = useValue(network) === 'open'
  useEffect(() => {
    void ask()
    // Another browser of the same visitor may have used its switch.
    const look = () => document.visibilityState === 'visible' && void ask()
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
