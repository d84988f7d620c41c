/** Where one writes a post. */
import { useState } from 'preact/hooks'
import { Button } from '../parts/button.js'
import { client } from '../shell/client.js'
import { useValue } from '../shell/value.js'
import { YourName } from '../shell/your-name.js'
import { post } from './outgoing.js'

const most = 280

export function Composer() {
  const [text, setText] = useState('')
  const isOpen = useValue(client.state) === 'open'
  const send = (event: SubmitEvent) => {
    event.preventDefault()
    if (!text.trim()) return
    post(text.trim())
    setText('')
  }
  return (
    <div class="write">
      <form id="write" onSubmit={send}>
        <label class="unseen" for="post">
          What is new?
        </label>
        <textarea
          id="post"
          rows={2}
          maxLength={most}
          value={text}
          placeholder={isOpen ? 'What is new?' : 'You are offline: what you write is kept and goes out later'}
          onInput={(event) => setText(event.currentTarget.value)}
        />
      </form>
      <div class="below">
        <YourName />
        <span class="left" aria-hidden="true">
          {most - text.length}
        </span>
        <Button main type="submit" form="write">
          Post
        </Button>
      </div>
    </div>
  )
}
