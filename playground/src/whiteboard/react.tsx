/** Who has the board open, in React. */
import { usePresence } from 'anywire/react'

export default function Here() {
  const { count } = usePresence('yjs/whiteboard/lobby')
  return <p>{count} at the board</p>
}
