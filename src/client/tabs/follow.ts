/** A follower in a crew: hands on what its page and the leader say, over a channel that only these two know. */
import { freshName, type ToPagePort } from './line.js'
import type { Role, Signal } from './role.js'

/** Ticks after which a leader that has not answered is asked again. */
const patience = 3

/**
 * @param id the lock that the follower holds for its life
 * @param signal tells all other members
 */
export function follow(id: string, term: string, signal: (signal: Signal) => void, toPage: ToPagePort): Role {
  let turn: string
  let line: BroadcastChannel | undefined
  let joined = false
  let left = 0

  /** Over a channel of its own, so that what comes late of an attempt before is heard by nobody. */
  const join = () => {
    line?.close()
    turn = freshName()
    line = new BroadcastChannel(turn)
    line.onmessage = ({ data }) => {
      joined = true
      toPage(data)
    }
    left = patience
    signal({ type: 'join', term, id, turn })
  }
  join()
  return {
    leads: false,
    term,
    toCore: (said, message) => said === turn && line?.postMessage(message),
    receive() {},
    tick() {
      if (!joined && left-- === 0) join()
    },
    leave: () => line?.close(),
  }
}
