/** Game: one arena, thirty times a second. Wishes come up and are not stored; the whole world goes down. */
import { AnywireError, type Hub, type Incoming, type RuleContext } from 'anywire'
import { Arena, type Player, type Snapshot, ticksPerSecond, type Wish } from './arena.js'
import { Bots } from './bots.js'
import { fieldsOf, textOf } from './fields.js'
import type { Scenario } from './scenario.js'

export type { Player, Snapshot }

/** What a page publishes to `game/steering`. */
export type Steering = ({ readonly name: string } & Wish) | { readonly leave: true }

const tickMs = 1000 / ticksPerSecond
const most = 64
const arena = new Arena(2026)
const bots = new Bots(arena, 30)

export const game: Scenario = {
  page: 'game',
  rules: {
    // Each message is the whole world: with `slow=conflate` who was away gets the newest, and is there.
    'game/world': { publish: false, retain: { messages: 3 * ticksPerSecond } },
    'game/players': { key: '/tank', keys: true, publish: false, retain: { messages: 200 } },
    'game/steering': { subscribe: false, receive: steer },
  },

  start(hub) {
    let began = performance.now()
    let timer: NodeJS.Timeout
    const turn = () => {
      // By the clock, not by the timer: a timer that is late makes up for it, and nothing adds up.
      const due = Math.floor((performance.now() - began) / tickMs)
      // Unless the machine slept: then the world slept too.
      if (due - arena.tick > ticksPerSecond) began += (due - arena.tick) * tickMs
      else while (arena.tick < due) step(hub)
      timer = setTimeout(turn, began + (arena.tick + 1) * tickMs - performance.now())
    }
    turn()
    return () => clearTimeout(timer)
  },
}

function step(hub: Hub) {
  if (arena.tick % ticksPerSecond === 0) bots.fill(8)
  bots.steer()
  arena.step()
  hub.publish('game/world', arena.snapshot()).catch(console.error)
  for (const [tank, player] of arena.changes()) {
    hub.publish('game/players', player, { key: String(tank) }).catch(console.error)
  }
}

/** Answers the number of the player's tank. */
function steer(message: Incoming, { principal: { id } }: RuleContext) {
  message.discard()
  const { leave, name, heading, fire, number } = fieldsOf(message)
  if (leave === true) return arena.leave(id)
  if (!(heading === null || Number.isFinite(heading)) || typeof fire !== 'boolean' || !Number.isSafeInteger(number)) {
    throw new AnywireError('rejected', 'A "heading" in radians or null, "fire" and a whole "number" are needed.')
  }
  if (!arena.tanks.has(id) && arena.tanks.size >= most) throw new AnywireError('rejected', 'The arena is full.')
  const wish = { heading, fire, number } as Wish
  return { tank: arena.steer(id, textOf(name, 'name', 30), wish) }
}
