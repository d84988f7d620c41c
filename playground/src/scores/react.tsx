/** The matches in React: the newest of each. */
import { useSnapshot } from 'anywire/react'

export default function Running() {
  const { values } = useSnapshot('scores/matches')
  const running = [...values.values()].filter(({ over }) => !over)
  return (
    <ul>
      {running.map(({ id, home, away, goals }) => (
        <li key={id}>
          {home} {goals.join(':')} {away}
        </li>
      ))}
    </ul>
  )
}
