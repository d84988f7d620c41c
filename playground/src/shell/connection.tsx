/** The badge that says how the connection is: state, transport, delay. */
import type { State } from 'anywire/client'
import { client } from './client.js'
import { network } from './network.js'
import { useValue } from './value.js'

const words: Record<State, string> = {
  idle: 'needs no line',
  connecting: 'connecting',
  open: 'connected',
  waiting: 'offline',
  closed: 'closed',
}

export function ConnectionBadge() {
  const is = useValue(client.state)
  const isCut = useValue(network) === 'cut'
  // A client that tries in vain is offline all the time, and so is a page that has no client.
  const state = isCut && is !== 'open' ? 'waiting' : is
  const { transport, pushMs = 0, transferMs } = useValue(client.stats)
  const delay = transferMs === undefined ? undefined : pushMs + transferMs
  return (
    <div class="connection" data-state={state}>
      <span class="dot" aria-hidden="true" />
      <span role="status">{words[state]}</span>
      {state === 'open' && transport && (
        <>
          <span class="fact wide">{transport}</span>
          {delay !== undefined && (
            <span class="fact" title="From the server's append to this page">
              {delay.toFixed(delay < 10 ? 1 : 0)} ms
            </span>
          )}
        </>
      )}
    </div>
  )
}
