/** A letter to the editor: published by a plain POST. Without a client there is no outbox: what cannot be sent stays in the form. */
import { useState } from 'preact/hooks'
import { Button } from '../parts/button.js'
import { Field } from '../parts/field.js'
import { myName } from '../shell/me.js'

const failed = 'Not sent: there is no network. A plain page has no outbox, so it is still here.'

async function send(title: string): Promise<string> {
  const body = JSON.stringify({ title, name: myName.value })
  const headers = { 'content-type': 'application/json' }
  try {
    const response = await fetch('/channels/news/letters', { method: 'POST', headers, body })
    return response.ok ? '' : (await response.json()).error.message
  } catch {
    return failed
  }
}

export function LetterForm() {
  const [title, setTitle] = useState('')
  const [fault, setFault] = useState('')
  const submit = async (event: SubmitEvent) => {
    event.preventDefault()
    const answer = await send(title)
    setFault(answer)
    if (!answer) setTitle('')
  }
  return (
    <form class="letter" onSubmit={submit}>
      <h2>Letters</h2>
      <Field
        label="A headline of yours, for all to read"
        value={title}
        required
        maxLength={90}
        autocomplete="off"
        onInput={(event) => setTitle(event.currentTarget.value)}
      />
      <Button main type="submit">
        Print it
      </Button>
      <p role="status">{fault}</p>
    </form>
  )
}
