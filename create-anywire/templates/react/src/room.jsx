import { useChannel, useConnection, usePublish } from 'anywire/react'

export function Room({ id }) {
  const { messages, error } = useChannel(`chat/${id}`, { from: 'last-20' })
  const publish = usePublish(`chat/${id}`)
  const { state } = useConnection()
  const say = (event) => {
    event.preventDefault()
    publish({ text: event.target.elements.text.value }) // waits while offline, is stored once
    event.target.reset()
  }
  return (
    <>
      <h1>Open this page in two windows</h1>
      <ul>
        {messages.map(({ offset, data }) => (
          <li key={offset}>{data.text}</li>
        ))}
      </ul>
      <form onSubmit={say}>
        <input name="text" aria-label="Message" required autoComplete="off" />
        <button type="submit">Send</button>
      </form>
      <p role="status">{error?.message ?? state}</p>
    </>
  )
}
