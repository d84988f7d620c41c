/** The players in React: a snapshot is the newest of each key. */
import { useSnapshot } from 'anywire/react'

export default function Best() {
  const { values } = useSnapshot('game/players')
  const players = [...values.values()].flatMap((player) => player ?? [])
  const [best] = players.sort((one, other) => other.score - one.score)
  return <p>{best ? `${best.name} leads with ${best.score}` : '…'}</p>
}
