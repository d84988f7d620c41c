/** The matches of the day, each with its score. */
import { useRef } from 'preact/hooks'
import type { Match } from '../channels.js'

export function Matches({ matches }: { readonly matches: readonly Match[] }) {
  return (
    <ol class="matches" aria-label="Matches of the day">
      {matches.map((match) => (
        <li key={`${match.season} ${match.id}`} data-match={match.id}>
          <Side team={match.home} goals={match.goals[0]} against={match.goals[1]} />
          <Side team={match.away} goals={match.goals[1]} against={match.goals[0]} />
          <p class="note">
            {match.disallowed > 0 && <em>corrected: {match.disallowed} taken back</em>}
            {match.disallowed > 0 && match.over && ' · '}
            {match.over && 'full time'}
          </p>
        </li>
      ))}
    </ol>
  )
}

interface Props {
  readonly team: string
  readonly goals: number
  readonly against: number
}

function Side({ team, goals, against }: Props) {
  const before = useRef(goals)
  const way = goals > before.current ? 'up' : goals < before.current ? 'down' : undefined
  before.current = goals
  return (
    <p class={goals > against ? 'side ahead' : 'side'}>
      {team}
      {/* Another element for another score, so that it is seen to change. */}
      <span key={goals} class="count" data-changed={way}>
        {goals}
      </span>
    </p>
  )
}
