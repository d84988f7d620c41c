/** The lobby in React: its newest three lines. */
import { useChannel } from 'anywire/react'

export default function Newest() {
  const { messages, status } = useChannel('chat/lobby', { from: 'last-3', keep: 3 })
  return (
    <ul aria-busy={status === 'pending'}>
      {messages.map(({ offset, data }) => (
        <li key={offset} dir="auto">
          {data.name}: {data.text}
        </li>
      ))}
    </ul>
  )
}
