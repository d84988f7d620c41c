/** The proof's channel in React: the newest number. */
import { useChannel } from 'anywire/react'

export default function Newest() {
  const { messages } = useChannel('proof/line', { from: 'last-1', keep: 1 })
  return <p>Message {messages[0]?.data.number ?? '…'}</p>
}
