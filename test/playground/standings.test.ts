/** The league of the scores page, and the table that is made of its matches. */
import { describe, expect, it } from 'vitest'
import { League, type Match } from '../../playground/server/league.js'
import { standingsOf } from '../../playground/src/scores/standings.js'

const match = (home: string, away: string, ...goals: [number, number]): Match => {
  return { id: `${home} ${away}`, season: 1, day: 1, home, away, goals, disallowed: 0, over: true }
}

describe('a table', () => {
  it('goes by points, then difference, then goals, then names', () => {
    const rows = standingsOf([
      match('A', 'B', 2, 0),
      match('C', 'D', 1, 1),
      match('B', 'C', 3, 1),
      match('E', 'F', 0, 0),
    ])
    expect(rows.map(({ team, points }) => [team, points])).toEqual([
      ['A', 3],
      ['B', 3],
      ['D', 1],
      ['E', 1],
      ['F', 1],
      ['C', 1],
    ])
    expect(rows[1]).toEqual({ team: 'B', played: 2, won: 1, drawn: 0, lost: 1, scored: 3, conceded: 3, points: 3 })
  })
})

describe('the league', () => {
  it('plays the same season for the same seed, everybody against everybody, and then another', () => {
    const season = () => {
      const league = new League(7)
      const matches = new Map<string, Match>()
      for (; league.clock.season === 1; league.play()) for (const one of league.matches) matches.set(one.id, one)
      return [...matches.values()]
    }
    const played = season()
    expect(season()).toEqual(played)
    expect(new Set(played.map(({ home, away }) => [home, away].sort().join())).size).toBe(66)
    expect(played.every(({ over }) => over)).toBe(true)
    expect(played.some(({ disallowed }) => disallowed > 0)).toBe(true)
  })

  it('takes a goal back once, and only while its match is under way', () => {
    const league = new League(7)
    const goals = () => league.play().goals.filter(({ disallowed }) => !disallowed)
    const next = () => {
      for (;;) for (const goal of goals()) return goal
    }
    const goal = next()
    const before = league.matches.find(({ id }) => id === goal.match)!
    const { matches, goals: taken } = league.disallow(goal.id)!
    expect(taken).toEqual([{ ...goal, disallowed: expect.any(String) }])
    expect(matches[0]!.goals[0] + matches[0]!.goals[1]).toBe(before.goals[0] + before.goals[1] - 1)
    expect(league.disallow(goal.id)).toBe(undefined)
    const late = next()
    while (league.clock.phase !== 'full time') league.play()
    expect(league.disallow(late.id)).toBe(undefined)
  })
})
