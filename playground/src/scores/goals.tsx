/** The newest goals. One that is taken back stays where it is, struck through. */
import { useState } from 'preact/hooks'
import type { Goal, Match } from '../channels.js'
import { Button } from '../parts/button.js'
import { Scroller } from '../parts/scroller.js'
import { client, complain, useChannel } from '../shell/client.js'

type Entry =
  | { readonly kind: 'goal'; readonly goal: Goal; readonly corrected: boolean }
  | { readonly kind: 'gap'; readonly id: string; readonly missed: number | undefined }

const most = 40
const idOf = (entry: Entry) => (entry.kind === 'goal' ? entry.goal.id : entry.id)

/** What came last stands last, unless it corrects what is there. */
function put(entries: readonly Entry[], goal: Goal): readonly Entry[] {
  const known = entries.some((entry) => idOf(entry) === goal.id)
  if (!known) return [...entries, { kind: 'goal' as const, goal, corrected: false }].slice(-most)
  return entries.map((entry) => (idOf(entry) === goal.id ? { kind: 'goal', goal, corrected: true } : entry))
}

export function Goals({ matches }: { readonly matches: readonly Match[] }) {
  const [entries, setEntries] = useState<readonly Entry[]>([])
  useChannel<Goal>('scores/goals', { from: 'last-30' }, (item) => {
    if (item.kind === 'message') return setEntries((before) => put(before, item.data))
    if (item.kind === 'problem') return
    const gap: Entry = { kind: 'gap', id: `gap ${item.to}`, missed: item.missed }
    // Goals of a server that has begun anew are other goals.
    setEntries((before) => (item.reason === 'reset' ? [gap] : [...before, gap]))
  })
  return (
    <section aria-labelledby="goals">
      <h2 id="goals">Goals</h2>
      <Scroller class="goals" label="The newest goals">
        <ol>
          {entries.toReversed().map((entry) => (
            <li key={idOf(entry)}>
              {entry.kind === 'gap' ? (
                <p class="lost">{entry.missed ?? 'Some'} goals are missing here.</p>
              ) : (
                <Line {...entry} match={matches.find(({ id, over }) => id === entry.goal.match && !over)} />
              )}
            </li>
          ))}
        </ol>
      </Scroller>
    </section>
  )
}

interface LineProps {
  readonly goal: Goal
  readonly corrected: boolean
  /** If it is under way. */
  readonly match: Match | undefined
}

function Line({ goal, corrected, match }: LineProps) {
  const { id, minute, team, player, score, disallowed } = goal
  const callOff = () => void client.publish('scores/calls', { goal: id }).catch(complain)
  return (
    <div class={`goal${disallowed ? ' off' : ''}${corrected ? ' corrected' : ''}`} data-goal={id}>
      <span class="minute">{minute}′</span>
      <p>
        {disallowed ? <s>{team}</s> : <b>{team}</b>} {player}
        {disallowed && <em>taken back: {disallowed}</em>}
      </p>
      <span class="score">{disallowed ? <s>{score.join('–')}</s> : score.join('–')}</span>
      {match && !disallowed && (
        <Button onClick={callOff} aria-label={`Take it back: the goal of ${player}, ${team}, in minute ${minute}`}>
          Take it back
        </Button>
      )}
    </div>
  )
}
