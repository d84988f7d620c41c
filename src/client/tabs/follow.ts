/** A follower in a tab group: forwards between its page and the leader, over a channel that only these two use. */
import { freshName, type ToPagePort } from './line.js'
import type { Role, Signal } from './role.js'

/** Ticks after which a leader that has not answered is asked again. */
const patience = 3

/**
 * @param id the lock that the follower holds for its life
 * @param signal sends to all other members
 */
export function follow(id: string, term: string, signal: (signal: Signal) => void, toPage: ToPagePort): Role {
  let turn: string
  let line: BroadcastChannel | undefined
  let joined = false
  let left = 0

  /** Each attempt has a channel of its own, so that late messages of an earlier one are not received. */
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
