/** A letter to the editor: published by a plain POST. Without a client there is no outbox: what cannot be sent stays in the form. */
import { useEffect, useRef, useState } from 'preact/hooks'
import { Button } from '../parts/button.js'
import { Field } from '../parts/field.js'
import { myName } from '../shell/me.js'
import { network } from '../shell/network.js'

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
  const form = useRef<HTMLFormElement>(null)
  const [fault, setFault] = useState('')
  // What was said of a network that is back is no longer true; the letter is still in the form.
  useEffect(() => network.subscribe((now) => now === 'open' && setFault('')), [])
  const submit = async (event: SubmitEvent) => {
    event.preventDefault()
    // As the form has it now: what is drawn may be a key stroke behind.
    const title = new FormData(form.current!).get('title')
    const answer = await send(String(title))
    setFault(answer)
    if (!answer) form.current?.reset()
  }
  return (
    <form class="letter" ref={form} onSubmit={submit}>
      <h2>Letters</h2>
      <Field label="A headline of yours, for all to read" name="title" required maxLength={90} autocomplete="off" />
      <Button main type="submit">
        Print it
      </Button>
      <p role="status">{fault}</p>
    </form>
  )
}
