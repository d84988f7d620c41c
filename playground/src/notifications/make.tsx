/** Ways to make a notification come: to oneself in a while, to somebody who is here, and by a name in the chat. */
import { useState } from 'preact/hooks'
import type { Order } from '../channels.js'
import { Button } from '../parts/button.js'
import { Field } from '../parts/field.js'
import { client, complain } from '../shell/client.js'
import { myName } from '../shell/me.js'
import { useOthers } from '../shell/people.js'
import { useValue } from '../shell/value.js'

/** Without a connection it waits in the outbox. */
const order = (wanted: Order) => client.publish('notify', wanted).catch(complain)

export function Make() {
  const name = useValue(myName)
  return (
    <>
      <section class="way" aria-labelledby="yourself">
        <h2 id="yourself">To yourself</h2>
        <p>The server waits three seconds. Time enough to cut your network, or to close the page.</p>
        <Button main onClick={() => order({ afterMs: 3000 })}>
          Notify me in 3 s
        </Button>
      </section>
      <Others />
      <section class="way" aria-labelledby="named">
        <h2 id="named">By a name in the chat</h2>
        <p>
          Whoever writes <code>@{name}</code> in a room of <a href="/chat/lobby">the chat</a> reaches you on every page.
        </p>
      </section>
    </>
  )
}

function Others() {
  const others = useOthers('playground')
  const [text, setText] = useState('The kettle is on. Are you coming?')
  return (
    <section class="way" aria-labelledby="others">
      <h2 id="others">To somebody who is here</h2>
      {others.length === 0 ? (
        <p>You are alone. Open this page in another browser, or in a private window.</p>
      ) : (
        <>
          <Field label="Say" value={text} maxLength={140} onInput={(event) => setText(event.currentTarget.value)} />
          <ul class="people">
            {others.slice(0, 12).map(({ id, name }) => (
              <li key={id}>
                <Button disabled={text.trim() === ''} onClick={() => order({ to: id, from: myName.value, text })}>
                  Tell {name}
                </Button>
              </li>
            ))}
          </ul>
        </>
      )}
    </section>
  )
}
