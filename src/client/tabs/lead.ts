/** The leader of a tab group: runs the core, and serves its own page and those of the others. */
import { createCore } from '../core.js'
import type { CoreOptions } from '../port.js'
import { deliver } from './deliver.js'
import { createGate } from './gate.js'
import { createHost } from './host.js'
import { freshName, type ToPagePort } from './line.js'
import { whenGone } from './locks.js'
import type { Role, Signal } from './role.js'

/** @param signal sends to all other members */
export function lead(core: CoreOptions, signal: (signal: Signal) => void, toPage: ToPagePort): Role {
  const term = freshName()
  const gate = createGate()
  const host = createHost(createCore, core)
  /** How each follower leaves. */
  const followers = new Map<string, () => void>()

  const serve = (id: string, turn: string) => {
    followers.get(id)?.()
    let open = true
    const line = new BroadcastChannel(turn)
    const toCore = host.join(turn, (message) =>
      gate.pass(() => open && deliver((one) => line.postMessage(one), message)),
    )
    line.onmessage = ({ data }) => gate.pass(() => open && toCore(data))
    const leave = () => {
      if (!open) return
      open = false
      followers.delete(id)
      line.close()
      toCore({ type: 'close' })
    }
    followers.set(id, leave)
    whenGone(id, leave)
  }
  const beat = () =>
    gate.pass(() => {
      gate.sure()
      signal({ type: 'beat', term })
    })

  beat()
  const toCore = host.join(term, (message) => gate.pass(() => toPage(message)))
  return {
    leads: true,
    term,
    tick: beat,
    toCore: (turn, message) => gate.pass(() => turn === term && toCore(message)),
    receive(signal) {
      if (signal.type === 'seek') beat()
      else if (signal.type === 'join' && signal.term === term) gate.pass(() => serve(signal.id, signal.turn))
    },
    leave() {
      gate.shut()
      host.close()
      for (const leave of followers.values()) leave()
    },
  }
}
