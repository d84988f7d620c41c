/** The channels: those with most readers and messages, or what is searched for, and what can be done with one. */
import type { ChannelEntry } from 'anywire/admin'
import { useState } from 'preact/hooks'
import { Card } from '../parts/card.js'
import { Table } from '../parts/table.js'
import { useValue } from '../shell/value.js'
import { DeedButton } from './deed.js'
import { byChannel } from './entries.js'
import { listOf } from './lists.js'
import { Choose, Facts, type ListProps, mostRows, SearchPage } from './search.js'
import { bytes, count, duration } from './spell.js'

const head = ['Channel', 'Readers', 'Behind', 'Publishes', 'Messages', 'Kept']

export function ChannelPage({ list, text, onText }: ListProps) {
  const [chosen, setChosen] = useState<string>()
  const channels = byChannel(useValue(listOf(list)).values() as Iterable<ChannelEntry>).sort(
    (a, b) => b.readers - a.readers || rate(b) - rate(a) || (a.channel < b.channel ? -1 : 1),
  )
  const one = channels.find(({ channel }) => channel === chosen)
  const rows = channels
    .slice(0, mostRows)
    .map((entry) => [
      <Choose key="name" name={entry.channel} onChoose={() => setChosen(entry.channel)} />,
      count(entry.readers),
      count(entry.behind),
      `${count(entry.publishesPerSecond)} /s`,
      `${count(entry.messagesPerSecond)} /s`,
      kept(entry),
    ])
  return (
    <SearchPage title="Channels" label="Name contains" text={text} onText={onText} found={channels.length}>
      {one && <Channel entry={one} />}
      <Card title="With most readers and messages">
        <Table caption="Channels" head={head} rows={rows} />
      </Card>
    </SearchPage>
  )
}

const rate = ({ publishesPerSecond, messagesPerSecond }: ChannelEntry) =>
  Math.max(publishesPerSecond, messagesPerSecond)

function kept({ retain, maxKeys }: ChannelEntry): string {
  const { messages, bytes: size, ageMs } = retain
  const limits = [
    messages !== null && `${count(messages)} messages`,
    size !== null && bytes(size),
    ageMs !== null && duration(ageMs),
    maxKeys !== undefined && `${count(maxKeys)} keys`,
  ]
  return limits.filter(Boolean).join(', ') || 'all'
}

function Channel({ entry }: { readonly entry: ChannelEntry }) {
  const { channel, rule, head: position, windowBytes, contentType } = entry
  const facts = [
    ['Rule', rule ?? 'none fits'],
    ['Type', contentType],
    ['Kept', kept(entry)],
    ['Head', position ?? 'nobody reads it'],
    ['Windows', bytes(windowBytes)],
  ] as const
  const called = JSON.stringify(channel)
  return (
    <Card title={channel} class="chosen">
      <Facts facts={facts} />
      {channel.startsWith('$') || (
        <div class="deeds">
          <DeedButton
            deed={{
              question: `Publish to ${called}, past its rule?`,
              yes: 'Publish',
              path: 'publish',
              body: { channel },
              fields: [
                { name: 'data', label: 'Message (JSON, or a text)', kind: 'json' },
                { name: 'key', label: 'Key', kind: 'text', optional: true },
                { name: 'event', label: 'Event', kind: 'text', optional: true },
              ],
              done: ({ offset }) => `Published, at ${offset}.`,
            }}
          >
            Publish
          </DeedButton>
          <DeedButton
            deed={{
              question: `Take away the oldest messages of ${called}? Nothing brings them back.`,
              yes: 'Trim it',
              path: 'trim',
              body: { channel },
              fields: [{ name: 'keep', label: 'Messages that stay', kind: 'number', initial: '1000' }],
              done: () => `${called} was trimmed.`,
            }}
          >
            Trim
          </DeedButton>
          <DeedButton
            deed={{
              question: `End everybody's reading of ${called} once? They may come back.`,
              yes: 'Disconnect them',
              path: 'disconnect',
              body: { channel },
              done: ({ connections }) => `${connections} connections on this node were ended.`,
            }}
          >
            Disconnect readers
          </DeedButton>
          <DeedButton
            deed={{
              question: `Refuse everybody whose credential was issued until now the use of ${called}? Nothing undoes it.`,
              yes: 'Revoke it',
              path: 'revoke',
              body: { channel },
              done: () => `The use of ${called} was revoked.`,
            }}
          >
            Revoke
          </DeedButton>
          <DeedButton
            deed={{
              question: `Delete ${called} with all its messages? Nothing brings them back.`,
              yes: 'Delete it',
              path: 'delete',
              body: { channel },
              done: ({ deleted }) => (deleted ? `${called} was deleted.` : `There was no ${called}.`),
            }}
          >
            Delete
          </DeedButton>
        </div>
      )}
    </Card>
  )
}
