/** Where one writes a post. */
import { useRef, useState } from 'preact/hooks'
import { Button } from '../parts/button.js'
import { client } from '../shell/client.js'
import { sendOnCtrlEnter } from '../shell/enter.js'
import { useValue } from '../shell/value.js'
import { YourName } from '../shell/your-name.js'
import { post } from './outgoing.js'

const most = 280

export function Composer() {
  const area = useRef<HTMLTextAreaElement>(null)
  const [length, setLength] = useState(0)
  const isOpen = useValue(client.state) === 'open'
  const send = (event: SubmitEvent) => {
    event.preventDefault()
    const text = area.current?.value.trim()
    if (!area.current || !text || text.length > most) return
    post(text)
    area.current.value = ''
    setLength(0)
  }
  return (
    <div class="write">
      <form id="write" onSubmit={send}>
        <label class="unseen" for="post">
          What is new?
        </label>
        <textarea
          id="post"
          ref={area}
          rows={2}
          dir="auto"
          onKeyDown={sendOnCtrlEnter}
          aria-invalid={length > most}
          placeholder={isOpen ? 'What is new?' : 'You are offline: what you write is kept and goes out later'}
          onInput={(event) => setLength(event.currentTarget.value.length)}
        />
      </form>
      <div class="below">
        <YourName />
        <span class="left" data-over={length > most}>
          <span class="unseen">Characters left: </span>
          {most - length}
        </span>
        <Button main type="submit" form="write" disabled={length > most}>
          Post
        </Button>
      </div>
    </div>
  )
}
