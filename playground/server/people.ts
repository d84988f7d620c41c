/** Who is where: reading the channel of a place is being there, and its roster says who is, and how. */
import type { Hub } from 'anywire'
import type { Scenario } from './scenario.js'

/** What a page says of whoever has it open. Nobody has checked it. */
export interface Here {
  readonly name: string
  readonly typing: boolean
  /** The offset up to which this person has read; empty before that. */
  readonly read: string
}

export interface Person extends Here {
  /** The `id` of the principal. */
  readonly id: string
}

/** The rooms of the chat, and the playground as a whole. */
const places = new Set(['lobby', 'workshop', 'kitchen', 'reading', 'playground'])
let hub: Hub | undefined

export const people: Scenario = {
  rules: {
    'people/:place': {
      presence: { graceMs: 5_000 },
      subscribe: ({ params }) => places.has(params.place ?? ''),
      publish: false,
    },
  },

  start(running) {
    hub = running
    return () => {
      hub = undefined
    }
  },
}

/** Everybody who has a page of the playground open, and has said how they are called. */
export async function everybody(): Promise<Pick<Person, 'id' | 'name'>[]> {
  const { members } = (await hub?.presence('people/playground').members()) ?? { members: new Map() }
  return [...members].flatMap(([id, { state }]) => {
    const { name } = Object(state) as Partial<Here>
    return typeof name === 'string' && name !== '' ? { id, name } : []
  })
}
