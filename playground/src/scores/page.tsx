/** Scores: the matches of the day, the goals as they fall, and the table as it stands. */
import './scores.css'
import { useState } from 'preact/hooks'
import type { Clock, Match } from '../channels.js'
import { type CodeFile, Panel } from '../parts/panel.js'
import { useChannel } from '../shell/client.js'
import { useKeys } from '../shell/keys.js'
import { Goals } from './goals.js'
import { Matches } from './matches.js'
import { Standings } from './table.js'

const files: readonly CodeFile[] = [
  ['Server', 'playground/server/scores.ts', () => import('../../server/scores.ts?raw')],
  ['Page', 'playground/src/scores/goals.tsx', () => import('./goals.tsx?raw')],
  ['React', 'playground/src/scores/react.tsx', () => import('./react.tsx?raw'), () => import('./react.js')],
]

export default function Scores() {
  const [clock, setClock] = useState<Clock>()
  const known = useKeys<Match>('scores/matches')
  useChannel<Clock>('scores/clock', { from: 'last-1' }, (item) => item.kind === 'message' && setClock(item.data))
  const season = [...known.values()].filter((match) => match.season === clock?.season)
  const today = season.filter(({ day }) => day === clock?.day)
  return (
    <div class="page scores">
      <header class="title">
        <h1>Scores</h1>
        <p class="lead">
          A minute a second. Some goals are taken back: the same key, another value, and every page is put right. Be the
          referee yourself, in two browsers, with the network cut and restored.
        </p>
      </header>
      <p class="now">
        {clock && (
          <>
            <b>{clock.minute}′</b> {clock.phase}, day {clock.day} of season {clock.season}
          </>
        )}
      </p>
      <Matches matches={today} />
      <div class="columns">
        <Standings matches={season} />
        <Goals matches={today} />
      </div>
      <Panel files={files} channel="scores/matches">
        <p>
          Matches are a channel with a key for each match. The page reads it <code>from: 'snapshot'</code>: the newest
          of all matches of the season, then every change. The table is made from them in the page, so that it is right
          whenever they are.
        </p>
        <p>
          Goals are read <code>from: 'last-30'</code>. A correction is a message with the key of the goal that it
          corrects: who has the goal replaces it, who comes later never sees it stand. “Take it back” is published to a
          third channel, whose rule asks the league and refuses what is history; without a network it waits in the
          outbox.
        </p>
      </Panel>
    </div>
  )
}
