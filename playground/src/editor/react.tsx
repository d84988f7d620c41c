/** Who has the document open, in React. The text itself is for an editor with a binding to Yjs. */
import { usePresence } from 'anywire/react'

export default function Here() {
  const { count } = usePresence('yjs/editor/minutes')
  return <p>{count} at the minutes</p>
}
