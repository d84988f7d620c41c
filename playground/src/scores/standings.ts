/** The table that matches make, finished or not. */
import type { Match } from '../../server/scores.js'

export interface Standing {
  readonly team: string
  readonly played: number
  readonly won: number
  readonly drawn: number
  readonly lost: number
  readonly scored: number
  readonly conceded: number
  readonly points: number
}

/** Best first: points, then difference, then goals, then the name. */
export function standingsOf(matches: readonly Match[]): Standing[] {
  const rows = new Map<string, Standing>()
  for (const { home, away, goals } of matches) {
    rows.set(home, after(rows.get(home) ?? begun(home), goals[0], goals[1]))
    rows.set(away, after(rows.get(away) ?? begun(away), goals[1], goals[0]))
  }
  const difference = ({ scored, conceded }: Standing) => scored - conceded
  return [...rows.values()].sort(
    (a, b) =>
      b.points - a.points || difference(b) - difference(a) || b.scored - a.scored || a.team.localeCompare(b.team),
  )
}

const begun = (team: string): Standing => ({
  ...{ team, played: 0, won: 0, drawn: 0, lost: 0 },
  ...{ scored: 0, conceded: 0, points: 0 },
})

function after(before: Standing, scored: number, conceded: number): Standing {
  const [isWon, isDrawn] = [scored > conceded, scored === conceded]
  return {
    ...before,
    played: before.played + 1,
    won: before.won + Number(isWon),
    drawn: before.drawn + Number(isDrawn),
    lost: before.lost + Number(!isWon && !isDrawn),
    scored: before.scored + scored,
    conceded: before.conceded + conceded,
    points: before.points + (isWon ? 3 : isDrawn ? 1 : 0),
  }
}
