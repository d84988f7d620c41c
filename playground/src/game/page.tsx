/** Game: an arena of tanks, the same for everybody, thirty times a second. */
import './game.css'
import { useEffect, useMemo } from 'preact/hooks'
import type { Player } from '../channels.js'
import { Button } from '../parts/button.js'
import { Figure } from '../parts/card.js'
import { type CodeFile, Panel } from '../parts/panel.js'
import { Table } from '../parts/table.js'
import { client } from '../shell/client.js'
import { useKeys } from '../shell/keys.js'
import { useValue } from '../shell/value.js'
import { YourName } from '../shell/your-name.js'
import { Arena } from './arena.js'
import { Match } from './match.js'
import { Touch } from './touch.js'

const files: readonly CodeFile[] = [
  ['Server', 'playground/server/game.ts', () => import('../../server/game.ts?raw')],
  ['Page', 'playground/src/game/match.ts', () => import('./match.ts?raw')],
  ['React', 'playground/src/game/react.tsx', () => import('./react.tsx?raw'), () => import('./react.js')],
]

export default function Game() {
  const match = useMemo(() => new Match(), [])
  const players = useKeys<Player>('game/players')
  const playing = useValue(match.playing)
  useEffect(() => {
    const leave = () => match.leave()
    addEventListener('pagehide', leave)
    return () => {
      removeEventListener('pagehide', leave)
      match.close()
    }
  }, [match])
  return (
    <div class="page game">
      <header class="title">
        <h1>Game</h1>
        <p class="lead">
          Drive where you like; the turret looks for the nearest tank itself. Then cut your network: the world goes on
          without you, and when you are back you see it as it is now, not as it was.
        </p>
      </header>
      <div class="field-of-play">
        <div>
          <Arena match={match} players={players} />
          <Notice match={match} />
          {playing && <Touch controls={match.controls} />}
          <p class="keys" id="arena-keys">
            <span class="by-keys">
              Arrow keys or <kbd>W</kbd> <kbd>A</kbd> <kbd>S</kbd> <kbd>D</kbd> drive, <kbd>Space</kbd> fires.{' '}
            </span>
            You are blue, other people are filled, bots are outlined.
          </p>
        </div>
        <div class="players">
          <YourName />
          <Button main={!playing} onClick={() => (playing ? match.leave() : match.play())}>
            {playing ? 'Leave the arena' : 'Play'}
          </Button>
          <Scores players={players} match={match} />
        </div>
      </div>
      <Figures match={match} count={players.size} />
      <Panel files={files} channel="game/players">
        <p>
          Thirty times a second the server moves the world by one step and publishes all of it, some two kilobytes, to
          one channel. Every reader gets the same bytes. The page asks for <code>slow: 'conflate'</code>: who cannot
          keep up, or was away, gets the newest snapshot and none of those before it.
        </p>
        <p>
          What a player wants is published to a second channel, whose <code>receive</code> checks it, acts on it and
          discards it. The next one is sent when the last is answered, so that a slow line carries fewer, never older
          ones. Names and scores have a channel with a key for each tank: its snapshot is the table above.
        </p>
      </Panel>
    </div>
  )
}

/** What concerns oneself; for a screen reader too. */
function Notice({ match }: { readonly match: Match }) {
  const away = useValue(match.world.away)
  const down = useValue(match.down)
  const state = useValue(client.state)
  const text =
    state === 'waiting'
      ? 'The line is cut. The world goes on without you.'
      : away
        ? `You were away for ${away.seconds.toFixed(1)} s: ${away.missed} snapshots have passed, and this is now.`
        : down
          ? 'Your tank is destroyed. It comes back in a moment.'
          : ''
  return (
    <p class="notice" role="status" data-empty={text === ''}>
      {text}
    </p>
  )
}

function Scores({ players, match }: Props) {
  const ranked = [...players.values()].sort((a, b) => b.score - a.score || a.lost - b.lost || a.tank - b.tank)
  return (
    <Table
      caption="Scores: tanks destroyed, and own tanks lost"
      head={['Tank', 'Won', 'Lost']}
      rows={ranked.map(({ tank, name, bot, score, lost }) => [
        <span key="name" data-kind={tank === match.tank ? 'mine' : bot ? 'bot' : 'other'}>
          {name}
          {tank === match.tank && ' (you)'}
          {bot && ' · bot'}
        </span>,
        score,
        lost,
      ])}
    />
  )
}

interface Props {
  readonly players: ReadonlyMap<string, Player>
  readonly match: Match
}

function Figures({ match, count }: { readonly match: Match; readonly count: number }) {
  const rates = useValue(match.world.rates)
  const shown = (value: number | undefined) => value?.toFixed(1) ?? '–'
  return (
    <dl class="figures">
      <Figure label="Ticks of the server" value={shown(rates?.made)} unit="/s" />
      <Figure label="Snapshots received" value={shown(rates?.received)} unit="/s" />
      <Figure
        label="Lag"
        value={match.lagMs?.toFixed(0) ?? '–'}
        unit="ms"
        detail={match.lagMs === undefined ? 'measured while you play' : 'from your wish to the world that heeds it'}
      />
      <Figure label="Tanks" value={String(count)} />
    </dl>
  )
}
