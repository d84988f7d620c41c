/** Which channel the page shows: by its name, or one of those that are read here. */
import { useEffect, useState } from 'preact/hooks'
import { Choose } from '../admin/search.js'
import { count } from '../admin/spell.js'
import { Card } from '../parts/card.js'
import { Field } from '../parts/field.js'
import { Table } from '../parts/table.js'
import { useValue } from '../shell/value.js'
import type { Here } from './here.js'
import { channel } from './hub.js'

/** A name that is being typed is no channel yet. */
const typedMs = 400

export function ChannelField() {
  const shown = useValue(channel)
  const [text, setText] = useState(shown)
  useEffect(() => setText(shown), [shown])
  useEffect(() => {
    const timer = setTimeout(() => channel.set(text.replace(/^\/+|\/+$/g, '').trim() || shown), typedMs)
    return () => clearTimeout(timer)
  }, [text])
  return (
    <Field
      label="Channel"
      autocomplete="off"
      spellcheck={false}
      maxLength={255}
      value={text}
      onInput={(event) => setText(event.currentTarget.value)}
    />
  )
}

export function Channels({ found: { lists, why } }: { readonly found: Here }) {
  const rows = lists?.channels.map(({ name, readers, messages }) => [
    <Choose key="name" name={name} onChoose={() => channel.set(name)} />,
    count(readers),
    messages === undefined ? '–' : count(messages),
  ])
  return (
    <Card title="Channels that are read now">
      {rows && rows.length > 0 ? (
        <Table caption="Channels" head={['Channel', 'Readers', 'Messages']} rows={rows} />
      ) : (
        <p class="empty">{why ?? 'None. A channel needs no set-up: it begins with its first message.'}</p>
      )}
    </Card>
  )
}
