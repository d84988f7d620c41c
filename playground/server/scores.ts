/** Scores: matches by key, goals by key; a goal that is taken back is the same key with another value. */
import { AnywireError, type Hub } from 'anywire'
import { fieldsOf, textOf } from './fields.js'
import { type Change, type Clock, type Goal, League, type Match } from './league.js'
import type { Scenario } from './scenario.js'

export type { Clock, Goal, Match }

const minuteMs = 1000
/** Days that were played before the server began, and minutes of the one after. */
const past = { days: 4, minutes: 40 }
const league = new League(1888)
let hub: Hub | undefined

export const scores: Scenario = {
  page: 'scores',
  rules: {
    // A key for each match of a season: a snapshot is what the table is made of.
    'scores/matches': { key: '/id', keys: true, publish: false, retain: { messages: 500 } },
    'scores/goals': { key: '/id', keys: true, maxKeys: 100, publish: false, retain: { messages: 200 } },
    'scores/clock': { publish: false, retain: { messages: 10 } },
    // Anybody may be the referee.
    'scores/calls': {
      retain: { messages: 10 },
      receive(message, { principal }) {
        const goal = textOf(fieldsOf(message).goal, 'goal', 20)
        const change = league.disallow(goal)
        if (!change)
          throw new AnywireError('rejected', 'That goal is history: its match is over, or it was taken back.')
        publish(change)
        message.data = { goal, by: principal.id }
      },
    },
  },

  start(of) {
    hub = of
    publish({ matches: league.matches, goals: [] })
    while (league.clock.day <= past.days || league.clock.minute < past.minutes) publish(league.play())
    const clock = setInterval(() => publish(league.play()), minuteMs)
    return () => clearInterval(clock)
  },
}

function publish({ matches, goals }: Change) {
  const send = (channel: string, list: readonly object[]) => {
    if (list.length > 0)
      hub
        ?.publishBatch(
          channel,
          list.map((data) => ({ data })),
        )
        .catch(console.error)
  }
  send('scores/matches', matches)
  send('scores/goals', goals)
  send('scores/clock', [league.clock])
}
