/** A tab group: workers of several tabs, of which one runs the core for all. The one that holds the lock leads. */
//
//   waiting ──a leader's beat──► following ──another leader's beat──► following
//      └───────┬─────────────────────┘
//              └──lock granted (the leader is gone), or stolen (it is silent)──► leading ──lock stolen──► waiting
import type { CoreOptions } from '../port.js'
import { follow } from './follow.js'
import { lead } from './lead.js'
import { freshName, type ToCorePort, type ToPagePort } from './line.js'
import { hold } from './locks.js'
import type { Role, Signal } from './role.js'

const beatMs = 500
/**
 * So many of one's own ticks without a beat, and the lock is stolen. Who was frozen has not ticked, and does not blame
 * the leader for it.
 */
const maxMissed = 4

/** Answers how to serve the page. @throws where there are no Web Locks */
export async function joinGroup(name: string, core: CoreOptions, toPage: ToPagePort): Promise<ToCorePort> {
  const id = freshName()
  await hold(id)
  const group = new BroadcastChannel(name)
  const signal = (signal: Signal) => group.postMessage(signal)
  let role: Role | undefined
  let missed = 0
  let waiting = new AbortController()

  const become = (next: Role | undefined) => {
    role?.leave()
    role = next
  }
  const elect = (steal: boolean) => {
    waiting.abort()
    waiting = new AbortController()
    let mine: Role | undefined
    const deposed = () => {
      if (mine === undefined || role !== mine) return
      become(undefined)
      elect(false)
      signal({ type: 'seek' })
    }
    const granted = () => {
      become(undefined)
      mine = lead(core, signal, toPage)
      role = mine
      return new Promise<void>(() => {})
    }
    // Rejected when the lock is stolen, and when another attempt takes the place of this one.
    navigator.locks.request(name, steal ? { steal } : { signal: waiting.signal }, granted).catch(deposed)
  }
  group.onmessage = ({ data }: MessageEvent<Signal>) => {
    if (data.type !== 'beat') return role?.receive(data)
    missed = 0
    // A new leader may receive the last beat of the one before.
    if (role?.leads || role?.term === data.term) return
    become(follow(id, data.term, signal, toPage))
  }
  setInterval(() => {
    if (!role?.leads && ++missed > maxMissed) {
      missed = 0
      elect(true)
    } else role?.tick()
  }, beatMs)
  elect(false)
  signal({ type: 'seek' })
  return (turn, message) => role?.toCore(turn, message)
}
