/** Where one writes: Enter sends, whether there is a connection or not. */
import { useRef } from 'preact/hooks'
import { Button } from '../parts/button.js'
import { client } from '../shell/client.js'
import { useValue } from '../shell/value.js'
import { say } from './outgoing.js'
import type { Room } from './room.js'

interface Props {
  readonly room: Room
  readonly onType: () => void
}

export function Composer({ room, onType }: Props) {
  const input = useRef<HTMLInputElement>(null)
  const isOpen = useValue(client.state) === 'open'
  const send = (event: SubmitEvent) => {
    event.preventDefault()
    const text = input.current?.value.trim()
    if (!input.current || !text) return
    say(room, text)
    input.current.value = ''
  }
  return (
    <form class="composer" onSubmit={send}>
      <label>
        <span class="unseen">Message to {room.name}</span>
        <input
          ref={input}
          maxLength={1000}
          autocomplete="off"
          enterKeyHint="send"
          placeholder={
            isOpen ? `Say something in ${room.name}` : 'You are offline: what you say is kept and sent later'
          }
          onInput={onType}
        />
      </label>
      <Button main type="submit">
        Send
      </Button>
    </form>
  )
}
