/** A league that does not exist: twelve teams, eleven days, six matches a day; the same for the same seed until somebody interferes. */
import { pick, randomOf } from './random.js'

export interface Match {
  /** Day and number: the same in every season. */
  readonly id: string
  readonly season: number
  readonly day: number
  readonly home: string
  readonly away: string
  readonly goals: readonly [home: number, away: number]
  /** Goals that were taken back. */
  readonly disallowed: number
  readonly over: boolean
}

export interface Goal {
  readonly id: string
  readonly match: string
  readonly minute: number
  readonly team: string
  readonly player: string
  /** The score with it. */
  readonly score: readonly [home: number, away: number]
  /** Why it was taken back; it stands without. */
  readonly disallowed?: string
}

export interface Clock {
  readonly season: number
  readonly day: number
  readonly minute: number
  readonly phase: 'first half' | 'half time' | 'second half' | 'full time'
}

export interface Change {
  readonly matches: readonly Match[]
  readonly goals: readonly Goal[]
}

const teams = [
  ...['Port Arden', 'Lindmark', 'Vessby Glass', 'Torrin', 'Upper Kell', 'Harrow Sound'],
  ...['Sankt Olan', 'Brevik', 'Dunmere', 'Ostra Power', 'Little Arden', 'North Coast'],
]
const days = teams.length - 1
const players =
  'Holm Berg Lund Falk Strand Moe Dahl Vik Ness Krag Sund Lien Hauge Moen Solberg Aas Foss Ek Rud Tveit Wold Haug'
const reasons = ['offside', 'handball', 'a foul before it', 'the ball was out']
/** Minutes in play, and pauses. */
const [half, pause, end, rest] = [45, 5, 95, 12]
const perMinute = 0.016
const doubtful = 0.14

export class League {
  readonly #random: () => number
  #season = 1
  #day = 1
  #turn = 0
  #count = 0
  #matches: Match[] = []
  #goals: Goal[] = []
  /** Goals that the video referee will take back, and when. */
  #reviews = new Map<string, number>()

  constructor(seed: number) {
    this.#random = randomOf(seed)
    this.#matches = this.#draw()
  }

  get clock(): Clock {
    const { season, day } = { season: this.#season, day: this.#day }
    if (this.#turn <= half) return { season, day, minute: this.#turn, phase: 'first half' }
    if (this.#turn <= half + pause) return { season, day, minute: half, phase: 'half time' }
    const over = this.#turn >= end
    return { season, day, minute: over ? 90 : this.#turn - pause, phase: over ? 'full time' : 'second half' }
  }

  /** The matches of the day. */
  get matches(): readonly Match[] {
    return this.#matches
  }

  /** Plays a minute; answers what is new. */
  play(): Change {
    this.#turn++
    if (this.#turn > end + rest) return this.#turnDay()
    if (this.#turn === end) return this.#finish()
    const { phase, minute } = this.clock
    if (phase === 'half time' || phase === 'full time') return { matches: [], goals: [] }
    const scored = this.#matches.flatMap((match) => [this.#try(match.id, 0, minute), this.#try(match.id, 1, minute)])
    const due = [...this.#reviews].filter(([, turn]) => turn <= this.#turn).map(([id]) => this.disallow(id))
    const changes = [...scored, ...due].filter((change) => change !== undefined)
    return { matches: changes.flatMap(({ matches }) => matches), goals: changes.flatMap(({ goals }) => goals) }
  }

  /** Takes a goal back. Undefined if it is not one that stands, in a match under way. */
  disallow(id: string): Change | undefined {
    const goal = this.#goals.find((one) => one.id === id && !one.disallowed)
    const match = this.#matches.find((one) => one.id === goal?.match && !one.over)
    if (!goal || !match) return undefined
    this.#reviews.delete(id)
    const taken = { ...goal, disallowed: pick(this.#random, reasons) }
    this.#goals = this.#goals.map((one) => (one === goal ? taken : one))
    const [home, away] = match.goals
    const goals: Match['goals'] = goal.team === match.home ? [home - 1, away] : [home, away - 1]
    return { matches: [this.#put({ ...match, goals, disallowed: match.disallowed + 1 })], goals: [taken] }
  }

  #try(id: string, side: 0 | 1, minute: number): Change | undefined {
    const match = this.#matches.find((one) => one.id === id)
    const luck = perMinute * (side === 0 ? 1.15 : 0.9) * strengthOf(side === 0 ? match?.home : match?.away)
    if (!match || this.#random() > luck) return undefined
    const [home, away] = match.goals
    const score: Match['goals'] = side === 0 ? [home + 1, away] : [home, away + 1]
    const player = `${pick(this.#random, [...'ABEHIJKLMNOST'])}. ${pick(this.#random, players.split(' '))}`
    const team = side === 0 ? match.home : match.away
    const goal: Goal = { id: `g${++this.#count}`, match: id, minute, team, player, score }
    this.#goals = [...this.#goals, goal]
    if (this.#random() < doubtful) this.#reviews.set(goal.id, this.#turn + 3)
    return { matches: [this.#put({ ...match, goals: score })], goals: [goal] }
  }

  #put(match: Match): Match {
    this.#matches = this.#matches.map((one) => (one.id === match.id ? match : one))
    return match
  }

  #finish(): Change {
    this.#matches = this.#matches.map((match) => ({ ...match, over: true }))
    this.#goals = []
    this.#reviews.clear()
    return { matches: this.#matches, goals: [] }
  }

  #turnDay(): Change {
    this.#turn = 0
    this.#day = this.#day === days ? 1 : this.#day + 1
    if (this.#day === 1) this.#season++
    this.#matches = this.#draw()
    return { matches: this.#matches, goals: [] }
  }

  /** Who plays whom today: all but one go round in a circle. */
  #draw(): Match[] {
    const [first, ...others] = teams
    const circle = [first!, ...others.slice(this.#day), ...others.slice(0, this.#day)]
    return circle.slice(0, teams.length / 2).map((team, i) => {
      const other = circle.at(-1 - i)!
      const [home, away] = (this.#day + i) % 2 === 0 ? [team, other] : [other, team]
      const [season, day] = [this.#season, this.#day]
      return { id: `${day}-${i + 1}`, season, day, home, away, goals: [0, 0], disallowed: 0, over: false }
    })
  }
}

const strengthOf = (team = '') => 0.7 + (0.8 * ((teams.indexOf(team) * 5) % teams.length)) / teams.length
