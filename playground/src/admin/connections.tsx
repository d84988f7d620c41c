/** The readers: those that lag most and get most, or what is searched for, and what can be done with one. */
import type { ConnectionEntry, Lag, ReadingEntry } from 'anywire/admin'
import { useState } from 'preact/hooks'
import { Card } from '../parts/card.js'
import { Table } from '../parts/table.js'
import { useValue } from '../shell/value.js'
import { DeedButton } from './deed.js'
import { listOf } from './lists.js'
import { Choose, Facts, type ListProps, mostRows, SearchPage } from './search.js'
import { bytes, count, duration } from './spell.js'

const head = ['Principal', 'Transport', 'Reads', 'Lag', 'Policy', 'Gaps', 'Bytes', 'Since']

export function ConnectionPage({ list, text, onText }: ListProps) {
  const [chosen, setChosen] = useState<string>()
  const entries = useValue(listOf(list)) as ReadonlyMap<string, ConnectionEntry>
  const one = chosen === undefined ? undefined : entries.get(chosen)
  const sorted = [...entries].sort(
    ([, a], [, b]) => b.lag.ms - a.lag.ms || b.sentBytesPerSecond - a.sentBytesPerSecond || a.connection - b.connection,
  )
  const rows = sorted
    .slice(0, mostRows)
    .map(([key, entry]) => [
      <Choose key="name" name={entry.principal} onChoose={() => setChosen(key)} />,
      entry.transport,
      <bdi key="reads">{reads(entry)}</bdi>,
      lag(entry.lag),
      entry.readings[0]?.slow ?? '–',
      count(entry.gaps),
      `${bytes(entry.sentBytes)}, ${bytes(entry.sentBytesPerSecond)}/s`,
      duration(Date.now() - entry.since),
    ])
  return (
    <SearchPage
      title="Readers"
      label="Principal, transport, address or channel contains"
      text={text}
      onText={onText}
      found={entries.size}
    >
      {one && <Connection entry={one} />}
      <Card title="That lag most, and get most">
        <Table caption="Connections" head={head} rows={rows} />
      </Card>
    </SearchPage>
  )
}

function reads({ readings, channels }: ConnectionEntry): string {
  const [first] = readings
  if (!first) return 'nothing'
  return channels === 1 ? first.channel : `${first.channel} and ${channels - 1} more`
}

function lag({ messages, ms }: Lag): string {
  return messages === 0 ? 'none' : `${count(messages)}, ${duration(ms)}`
}

function Connection({ entry }: { readonly entry: ConnectionEntry }) {
  const { principal, node, connection, transport, address = 'the program of the server', since, readings } = entry
  const facts = [
    ['Connection', `${node}/${connection}`],
    ['Transport', transport],
    ['From', address],
    ['Since', new Date(since).toLocaleString('en')],
    ['Received from it', bytes(entry.receivedBytes)],
    ['Sent to it', bytes(entry.sentBytes)],
  ] as const
  const called = JSON.stringify(principal)
  return (
    <Card title={principal} class="chosen">
      <Facts facts={facts} />
      <Readings readings={readings} more={entry.channels - readings.length} />
      <div class="deeds">
        <DeedButton
          deed={{
            question: `End this one connection of ${called}? It may come back.`,
            yes: 'End it',
            path: 'disconnect',
            body: { connection: `${node}/${connection}` },
            done: () => 'The connection was ended.',
          }}
        >
          End this one
        </DeedButton>
        <DeedButton
          deed={{
            question: `End all connections of ${called} once, on all nodes? They may come back.`,
            yes: 'Disconnect',
            path: 'disconnect',
            body: { principal },
            done: ({ connections }) => `${connections} connections on this node were ended.`,
          }}
        >
          Disconnect
        </DeedButton>
        <DeedButton
          deed={{
            question: `Refuse all credentials of ${called} that were issued until now? Nothing undoes it.`,
            yes: 'Revoke them',
            path: 'revoke',
            body: { principal },
            done: () => `The credentials of ${called} were revoked.`,
          }}
        >
          Revoke
        </DeedButton>
      </div>
    </Card>
  )
}

function Readings({ readings, more }: { readonly readings: readonly ReadingEntry[]; readonly more: number }) {
  const rows = readings.map((one) => [
    <bdi key="channel">{one.channel}</bdi>,
    one.state,
    <code key="position">{one.position}</code>,
    lag(one.lag),
    one.rate === undefined ? one.slow : `${one.slow}, ${one.rate} /s`,
    count(one.gaps),
  ])
  return (
    <>
      <Table caption="What it reads" head={['Channel', 'State', 'Position', 'Lag', 'Policy', 'Gaps']} rows={rows} />
      {more > 0 && <p>It reads {count(more)} more.</p>}
    </>
  )
}
