/** What this visitor is called. */
import { useState } from 'preact/hooks'
import { Field } from '../parts/field.js'
import { myName } from './me.js'
import { useValue } from './value.js'

export function YourName() {
  const name = useValue(myName)
  const [text, setText] = useState(name)
  const keep = () => (text.trim() ? myName.set(text.trim()) : setText(name))
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        keep()
      }}
    >
      <Field
        label="Your name"
        value={text}
        maxLength={30}
        autocomplete="nickname"
        onInput={(event) => setText(event.currentTarget.value)}
        onBlur={keep}
      />
    </form>
  )
}
