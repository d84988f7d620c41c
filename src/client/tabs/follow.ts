/** A follower in a crew: hands on what its page and the leader say, over a channel that only these two know. */
import { freshName, type Tell } from './line.js'
import type { Role, Signal } from './role.js'

export interface FollowOptions {
  readonly crew: BroadcastChannel
  /** The lock that the follower holds for its life. */
  readonly id: string
  readonly term: string
  readonly tell: Tell
}

/** Ticks after which a leader that has not answered is asked again. */
const patience = 3

export function follow({ crew, id, term, tell }: FollowOptions): Role {
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
      tell(data)
    }
    left = patience
    crew.postMessage({ type: 'join', term, id, turn } satisfies Signal)
  }
  join()
  return {
    leads: false,
    term,
    say: (said, message) => said === turn && line?.postMessage(message),
    heard() {},
    tick() {
      if (!joined && left-- === 0) join()
    },
    leave: () => line?.close(),
  }
}
