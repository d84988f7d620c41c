/** What the client decided, and why; and what it costs for all tabs together. */
import type { Client } from 'anywire/client'
import { useEffect, useRef, useState } from 'preact/hooks'
import type { BenchFigures, Channels } from '../channels.js'
import { Card } from '../parts/card.js'
import { Scroller } from '../parts/scroller.js'
import { learntOf, nextTry } from '../shell/next-try.js'
import { useValue } from '../shell/value.js'
import { clientLane } from './forms/client.js'
import { mountOf } from './forms/form.js'
import { times } from './laboratory.js'
import { milliseconds } from './measure.js'
import { useTick } from './tick.js'

interface Props {
  readonly client: Client<Channels>
  readonly figures: BenchFigures
}

export function Decisions({ client, figures }: Props) {
  const { transport, connectMs, roundTripMs, reconnects, decisions } = useValue(client.stats)
  const state = useValue(client.state)
  const tabs = useTabs()
  const connections = figures.connections.client ?? 0
  return (
    <Card title="What the client decided" class="decisions">
      <dl class="facts">
        <dt>Now</dt>
        <dd>{state === 'open' ? `${transport}, proven in ${milliseconds(connectMs)}` : state}</dd>
        <NextTry client={client} />
        <dt>Round trip</dt>
        <dd>{milliseconds(roundTripMs)}</dd>
        <dt>Reconnects</dt>
        <dd>{reconnects}</dd>
        <dt>Connections</dt>
        <dd data-fact="connections">
          {connections} for {tabs === 1 ? 'this tab' : `${tabs} tabs`}
        </dd>
      </dl>
      <Scroller class="log" label="Decisions, the newest first">
        <ol reversed>
          {decisions.toReversed().map((sentence, i) => (
            <li key={decisions.length - i}>{sentence}</li>
          ))}
        </ol>
      </Scroller>
    </Card>
  )
}

/** When a better transport is tried again, with the times of this page. */
function NextTry({ client }: { readonly client: Client<Channels> }) {
  useTick(1000)
  const { transport, decisions } = useValue(client.stats)
  const since = useRef({ decision: '', at: 0 })
  const decision = decisions.findLast((one) => one.startsWith(`${transport}: proven`)) ?? ''
  if (since.current.decision !== decision) since.current = { decision, at: Date.now() }
  const learnt = learntOf(mountOf(clientLane))
  const next = transport && nextTry(transport, since.current.at, learnt, Date.now(), times.probeMs)
  if (!next) return null
  return (
    <>
      <dt>To come</dt>
      <dd>
        tries {next.transport} again in {Math.ceil(next.inMs / 1000)} s
      </dd>
    </>
  )
}

const lock = 'in the laboratory'

/** How many tabs of this browser are here: each holds the same lock, which may be shared. */
function useTabs(): number {
  const [tabs, setTabs] = useState(1)
  useEffect(() => {
    if (!navigator.locks) return
    const here = new AbortController()
    const left = new Promise((resolve) => here.signal.addEventListener('abort', resolve))
    navigator.locks.request(lock, { mode: 'shared', signal: here.signal }, () => left).catch(() => undefined)
    const look = async () => {
      const { held = [] } = await navigator.locks.query()
      setTabs(Math.max(1, held.filter(({ name }) => name === lock).length))
    }
    void look()
    const timer = setInterval(look, 2000)
    return () => {
      clearInterval(timer)
      here.abort()
    }
  }, [])
  return tabs
}
