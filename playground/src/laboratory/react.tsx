/** What the connection does, in React. */
import { useConnection } from 'anywire/react'

export default function Connection() {
  const { state, stats } = useConnection()
  return (
    <p>
      {state} {stats?.transport} {stats?.roundTripMs?.toFixed(1)} ms
    </p>
  )
}
