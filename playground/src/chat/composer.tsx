/** Where one writes: Enter sends, whether there is a connection or not. */
import { useRef, useState } from 'preact/hooks'
import { Button } from '../parts/button.js'
import { client } from '../shell/client.js'
import { sendOnEnter } from '../shell/enter.js'
import { useValue } from '../shell/value.js'
import { say } from './outgoing.js'
import type { Room } from './room.js'

/** Characters that the server takes. */
const most = 1000

interface Props {
  readonly room: Room
  readonly onType: () => void
}

export function Composer({ room, onType }: Props) {
  const area = useRef<HTMLTextAreaElement>(null)
  const [length, setLength] = useState(0)
  const isOpen = useValue(client.state) === 'open'
  const send = (event: SubmitEvent) => {
    event.preventDefault()
    const text = area.current?.value.trim()
    if (!area.current || !text || text.length > most) return
    say(room, text)
    area.current.value = ''
    setLength(0)
  }
  return (
    <form class="composer" onSubmit={send}>
      <p role="status">{length > most && `${length} characters: a message has room for ${most}.`}</p>
      <label>
        <span class="unseen">Message to {room.name}</span>
        <textarea
          ref={area}
          rows={1}
          dir="auto"
          autocomplete="off"
          enterkeyhint="send"
          aria-invalid={length > most}
          placeholder={
            isOpen ? `Say something in ${room.name}` : 'You are offline: what you say is kept and sent later'
          }
          onKeyDown={sendOnEnter}
          onInput={(event) => {
            setLength(event.currentTarget.value.trim().length)
            onType()
          }}
        />
      </label>
      <Button main type="submit" disabled={length > most}>
        Send
      </Button>
    </form>
  )
}
