/** Company: whoever is alone in a room, a text or on a board, and has not switched it off, gets somebody of the server's own. */
import type { Hub } from 'anywire'
import { talk } from './company/bot.js'
import { draw, GhostClient, write } from './company/ghost.js'
import type { Scenario } from './scenario.js'

/** Keeps somebody company in a place; answers what ends that. */
type Visit = (hub: Hub, ghost: GhostClient) => () => void

/** Where there is company. Reading the channel of a place is asking for it. */
const visits: Readonly<Record<string, Visit>> = {
  lobby: (hub) => talk(hub, 'lobby'),
  workshop: (hub) => talk(hub, 'workshop'),
  kitchen: (hub) => talk(hub, 'kitchen'),
  minutes: (_, ghost) => ghost.visit((client) => write(client, 'minutes')),
  recipe: (_, ghost) => ghost.visit((client) => write(client, 'recipe')),
  packing: (_, ghost) => ghost.visit((client) => write(client, 'packing')),
  board: (_, ghost) => ghost.visit((client) => draw(client, 'lobby')),
}

export const company: Scenario = {
  rules: {
    'company/:place': {
      // Somebody in a tunnel still has company, so that there is something to catch up with.
      presence: { graceMs: 20_000 },
      subscribe: ({ params }) => Object.hasOwn(visits, params.place ?? ''),
      publish: false,
    },
  },
}

/** How often it is looked who is alone, in milliseconds. */
const lookMs = 1_000

/** Begins when the server listens at this origin: the ghost is a client like any other. Answers what ends it. */
export function keepCompany(hub: Hub, origin: string): () => void {
  const ghost = new GhostClient(origin)
  const ends = new Map<string, () => void>()
  const look = async (place: string, visit: Visit) => {
    const { members } = await hub.presence(`company/${place}`).members()
    // Two people have each other.
    const isAlone = members.size === 1
    if (isAlone && !ends.has(place)) ends.set(place, visit(hub, ghost))
    if (isAlone) return
    ends.get(place)?.()
    ends.delete(place)
  }
  const clock = setInterval(() => {
    for (const [place, visit] of Object.entries(visits)) look(place, visit).catch(console.error)
  }, lookMs)
  return () => {
    clearInterval(clock)
    for (const end of ends.values()) end()
  }
}
