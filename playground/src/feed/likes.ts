/** Who likes what; what this visitor has just chosen counts before the server has said so. */
import { useState } from 'preact/hooks'
import type { Likes } from '../channels.js'
import { client, complain } from '../shell/client.js'
import { useKeys } from '../shell/keys.js'
import { me } from '../shell/me.js'

export interface Liking {
  readonly count: number
  readonly mine: boolean
  /** The server does not know yet. */
  readonly waiting: boolean
}

export function useLikes(): readonly [(post: string) => Liking, (post: string) => void] {
  const likes = useKeys<Likes>('feed/likes')
  const [chosen, setChosen] = useState<ReadonlyMap<string, boolean>>(new Map())
  const of = (post: string): Liking => {
    const others = likes.get(post)?.by.filter((one) => one !== me).length ?? 0
    const mine = chosen.get(post) ?? likes.get(post)?.by.includes(me) ?? false
    return { count: others + Number(mine), mine, waiting: chosen.has(post) }
  }
  const turn = async (post: string) => {
    const on = !of(post).mine
    setChosen((before) => new Map(before).set(post, on))
    await client.publish('feed/likes', { post, on }).catch(complain)
    setChosen((before) => (before.get(post) === on ? new Map([...before].filter(([id]) => id !== post)) : before))
  }
  return [of, turn]
}
