/** The proof: two readers side by side; the network of one of them is cut, and afterwards nothing is missing. */
import { useEffect, useMemo } from 'preact/hooks'
import type { Lane } from '../laboratory/lane.js'
import { TapeCanvas, TapeLegend } from '../laboratory/tape-canvas.js'
import { useTick } from '../laboratory/tick.js'
import { Button } from '../parts/button.js'
import { Card } from '../parts/card.js'
import { network } from '../shell/network.js'
import { useValue } from '../shell/value.js'
import { Proof, trainLine } from './train.js'

export function ProofOf() {
  const proof = useMemo(() => new Proof(), [])
  const isOpen = useValue(network) === 'open'
  const rides = useValue(trainLine.state) === 'open'
  useEffect(() => {
    void trainLine.look()
    return () => proof.end()
  }, [proof])
  useTick(100)
  return (
    <section class="proof" aria-label="The proof">
      <div class="panes">
        <Pane title="You" lane={proof.you} proof={proof} isOpen={isOpen} />
        <Pane title="A train in a tunnel" lane={proof.rider} proof={proof} isOpen={isOpen && rides} />
      </div>
      <div class="act">
        <Button main={rides} disabled={!isOpen} onClick={() => (rides ? proof.cut() : proof.restore())}>
          {rides ? 'Cut the train’s network' : 'Restore the train’s network'}
        </Button>
        <p role="status">{said(proof, isOpen, rides)}</p>
      </div>
      <TapeLegend />
    </section>
  )
}

interface PaneProps {
  readonly title: string
  readonly lane: Lane
  readonly proof: Proof
  readonly isOpen: boolean
}

function Pane({ title, lane, proof, isOpen }: PaneProps) {
  const state = !isOpen ? 'no network' : lane.state === 'open' ? 'reads' : 'comes back'
  return (
    <Card title={title} class="pane">
      <p class="where" data-open={isOpen}>
        <span class="dot" aria-hidden="true" /> {state}
      </p>
      <TapeCanvas tape={lane.tape} now={proof.clock.now} label={`What ${title} has read in the last thirty seconds`} />
      <p class="at">
        Message <b>{lane.position?.toLocaleString('en') ?? '–'}</b>
      </p>
    </Card>
  )
}

function said(proof: Proof, isOpen: boolean, rides: boolean): string {
  const { outcome } = proof
  if (!isOpen) return 'Your own network is cut, at the top of this page: restore it first.'
  if (!rides) return `${proof.behind} messages behind, and no network. Restore it.`
  if (!outcome) return 'Both read ten messages a second. Cut one off, wait a little, and restore it.'
  const { caughtUp, lost, twice, tookMs } = outcome
  return `${caughtUp} caught up in ${tookMs.toFixed(0)} ms · ${lost} lost · ${twice} twice`
}
