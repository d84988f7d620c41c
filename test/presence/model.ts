/** Rosters beside a plain model: random comings and goings on two nodes, one of which dies. */
import { once } from 'node:events'
import { expect } from 'vitest'
import type WebSocket from 'ws'
import { enter, type Reached, type Roster, say } from './world.js'

const people = 200
const steps = 1_500

/** The same numbers for the same seed. */
function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

/** Who is connected where: what the roster must come to say. */
class Model {
  readonly connections = new Map<string, { socket: WebSocket; node: Reached }[]>()
  /** Those who were away for good at some time. */
  readonly left = new Set<string>()

  of(id: string) {
    const known = this.connections.get(id) ?? []
    this.connections.set(id, known)
    return known
  }

  /** A connection is gone for good. */
  gone(id: string): void {
    if (this.of(id).length === 0) this.left.add(id)
  }

  get expected(): Record<string, number> {
    const present = [...this.connections].filter(([, open]) => open.length > 0)
    return Object.fromEntries(present.map(([id, open]) => [id, open.length]))
  }
}

interface Played {
  readonly seed: number
  readonly nodes: readonly [Reached, Reached]
  /** Ends the first node as a crash does. */
  readonly kill: () => unknown
  /** What a reader of the roster is told, who is on none of those that die. */
  readonly seen: Roster
}

/** The roster comes to say what the model says, and never shows as gone who stayed. */
export async function expectAgreement({ seed, nodes, kill, seen }: Played): Promise<void> {
  const random = randomFrom(seed)
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T
  const model = new Model()
  const ids = Array.from({ length: people }, (_, i) => `p${i}`)

  const come = async (id: string, node: Reached) => {
    model.of(id).push({ socket: await enter(node, id), node })
  }
  const go = async (id: string, code?: number) => {
    const one = model.of(id).pop()
    if (!one) return
    if (code === undefined) one.socket.terminate()
    else one.socket.close(code)
    if (one.socket.readyState !== one.socket.CLOSED) await once(one.socket, 'close')
  }
  const acts: ((id: string) => Promise<unknown>)[] = [
    (id) => come(id, pick(nodes)),
    (id) => go(id, 1000).then(() => model.gone(id)),
    (id) => go(id).then(() => model.gone(id)),
    async (id) => {
      const [one] = model.of(id).slice(-1)
      if (!one) return
      await go(id)
      await come(id, pick(nodes))
    },
    async (id) => {
      if (model.of(id).length > 0) await say(pick(nodes), id, Math.floor(random() * 1_000))
    },
  ]
  for (let step = 0; step < steps; step += 25) {
    const some = new Set(Array.from({ length: 25 }, () => pick(ids)))
    await Promise.all([...some].map((id) => pick(acts)(id)))
  }
  // Those who were cut off have left, and what is published is written: the rest is about the death of a node.
  await seen.has(model.expected)
  // One node dies. Half of its clients come to the other, at once.
  await kill()
  const coming: Promise<void>[] = []
  for (const [id, open] of model.connections) {
    const there = open.filter(({ node }) => node === nodes[0])
    const rest = open.filter(({ node }) => node !== nodes[0])
    model.connections.set(id, rest)
    for (const { socket } of there) socket.terminate()
    if (there.length > 0 && random() < 0.5) coming.push(come(id, nodes[1]))
    else model.gone(id)
  }
  await Promise.all(coming)
  await seen.has(model.expected)
  expect(seen.needless).toEqual([])
  const present = new Set<string>()
  for (const word of seen.words) {
    const [event, id = ''] = word.split(' ')
    expect(present.has(id), word).toBe(event !== 'join')
    if (event === 'leave') expect(model.left, word).toContain(id)
    if (event === 'leave') present.delete(id)
    else present.add(id)
  }
}
