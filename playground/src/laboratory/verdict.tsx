/** What became of the messages, in one sentence; and the switch to try it with. */
import { Button } from '../parts/button.js'
import { network, setNetwork } from '../shell/network.js'
import { useValue } from '../shell/value.js'
import type { Laboratory } from './laboratory.js'
import { useTick } from './tick.js'

export function Verdict({ laboratory }: { readonly laboratory: Laboratory }) {
  useTick(500)
  const open = useValue(network) === 'open'
  const lanes = laboratory.lanes.filter(({ form }) => form.resumes)
  const sum = (name: 'messages' | 'missing' | 'twice' | 'caughtUp' | 'gaps' | 'gone') =>
    lanes.reduce((all, lane) => all + lane[name], 0)
  const [missing, twice, gaps] = [sum('missing'), sum('twice'), sum('gaps')]
  const good = missing + twice === 0
  const mood = !good ? 'bad' : open ? 'good' : 'wait'
  return (
    <section class="verdict" data-mood={mood} aria-label="What became of the messages">
      <div>
        <p class="word">
          {good ? (open ? 'Nothing is lost' : 'Cut off') : `${count(missing)} lost, ${count(twice)} twice`}
        </p>
        <p class="why">
          {!open && 'The server goes on publishing. Restore the network, and what you miss comes in order. '}
          {count(sum('messages'))} messages have come over the lanes that keep a position, each of them once
          {sum('caughtUp') > 0 && `; ${count(sum('caughtUp'))} of them later, after a cut`}.
          {gaps > 0 && ` ${count(gaps)} announced gaps of ${count(sum('gone'))}: so old that they are not kept.`}
        </p>
      </div>
      <Button main={open} onClick={() => setNetwork(open ? 'cut' : 'open')}>
        {open ? 'Cut the network' : 'Restore the network'}
      </Button>
    </section>
  )
}

const count = (number: number) => number.toLocaleString('en')
