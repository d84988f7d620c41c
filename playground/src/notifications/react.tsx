/** Who may be notified, in React. */
import { usePresence } from 'anywire/react'

export default function Here() {
  const { count } = usePresence('people/playground')
  return <p>{count} in the playground</p>
}
