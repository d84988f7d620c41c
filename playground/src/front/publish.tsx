/** A form that publishes to the channel. */
import { useEffect, useState } from 'preact/hooks'
import { Button } from '../parts/button.js'
import { Card } from '../parts/card.js'
import { Field } from '../parts/field.js'
import { useValue } from '../shell/value.js'
import { channel, client } from './hub.js'

export function Publish() {
  const name = useValue(channel)
  const connected = useValue(client)
  const [text, setText] = useState('{"text":"Hello"}')
  const [answer, setAnswer] = useState<{ readonly done?: string; readonly refusal?: string }>({})
  useEffect(() => setAnswer({}), [name])
  const publish = async (event: Event) => {
    event.preventDefault()
    setAnswer({})
    try {
      const failing = ({ message }: Error) => setAnswer({ refusal: message })
      const { offset } = (await connected?.publish(name, dataOf(text), { failing })) ?? {}
      if (offset !== undefined) setAnswer({ done: `Stored, at ${offset}.` })
    } catch (error) {
      setAnswer({ refusal: error instanceof Error ? error.message : String(error) })
    }
  }
  return (
    <Card title="Publish">
      <form class="line" onSubmit={publish}>
        <Field
          label="Message (JSON, or a text)"
          autocomplete="off"
          spellcheck={false}
          required
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
        />
        <Button main type="submit" disabled={!connected}>
          Publish
        </Button>
      </form>
      <p class="empty" role="status">
        {answer.done}
      </p>
      <p class="alert" role="alert">
        {answer.refusal}
      </p>
    </Card>
  )
}

function dataOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
