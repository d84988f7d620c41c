/** What became of the messages, in one sentence; and the switch to try it with. */
import { Button } from '../parts/button.js'
import { network, setNetwork } from '../shell/network.js'
import { useValue } from '../shell/value.js'
import type { Laboratory } from './laboratory.js'
import { useTick } from './tick.js'

interface Props {
  readonly laboratory: Laboratory
  /** Nothing passes the line. */
  readonly stalled: boolean
}

export function Verdict({ laboratory, stalled }: Props) {
  useTick(500)
  const open = useValue(network) === 'open'
  const lanes = laboratory.lanes.filter(({ form }) => form.resumes)
  const sum = (name: 'messages' | 'missing' | 'twice' | 'caughtUp' | 'gaps' | 'gone') =>
    lanes.reduce((all, lane) => all + lane[name], 0)
  const [missing, twice, gaps] = [sum('missing'), sum('twice'), sum('gaps')]
  const good = missing + twice === 0
  const flows = open && !stalled
  const mood = !good ? 'bad' : flows ? 'good' : 'wait'
  return (
    <section class="verdict" data-mood={mood} aria-label="What became of the messages">
      <div>
        <p class="word">{good ? word(open, stalled) : `${count(missing)} lost, ${count(twice)} twice`}</p>
        <p class="why">
          {open && stalled && 'Nothing comes, and nothing ends: only a timeout can tell. '}
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

const word = (open: boolean, stalled: boolean) => (!open ? 'Cut off' : stalled ? 'Stalled' : 'Nothing is lost')
const count = (number: number) => number.toLocaleString('en')
