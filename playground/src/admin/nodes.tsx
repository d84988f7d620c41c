/** The nodes: what all do together, each of them, and how deliveries go by transport. */
import type { NodeEntry } from 'anywire/admin'
import { useEffect, useState } from 'preact/hooks'
import { Card, Figure } from '../parts/card.js'
import { Sparkline } from '../parts/sparkline.js'
import { Table } from '../parts/table.js'
import { useValue } from '../shell/value.js'
import { DeedButton } from './deed.js'
import { listOf } from './lists.js'
import { bytes, count, duration } from './spell.js'

/** Seconds that a line shows. */
const past = 60

export function NodePage() {
  const entries = useValue(listOf('$stats'))
  const all = entries.get('$all') as NodeEntry | undefined
  const nodes = [...entries].filter(([key]) => key !== '$all').map(([, entry]) => entry as NodeEntry)
  return (
    <>
      <h1>Nodes</h1>
      {all ? <Figures all={all} /> : <p class="empty">Waiting for what the nodes tell …</p>}
      {nodes.length > 0 && <Nodes nodes={nodes} />}
      {all && <Transports all={all} />}
    </>
  )
}

function Figures({ all }: { readonly all: NodeEntry }) {
  const slowest = Object.values(all.transports).reduce((most, { delay }) => Math.max(most, delay?.p99 ?? 0), 0)
  return (
    <dl class="figures">
      <Rate
        label="Connections"
        at={all.at}
        now={all.connections}
        detail={`on ${all.nodes} ${all.nodes === 1 ? 'node' : 'nodes'}`}
      />
      <Rate label="Messages out" at={all.at} now={all.messagesPerSecond} unit="/s" />
      <Rate label="Publishes" at={all.at} now={all.publishesPerSecond} unit="/s" />
      <Figure label="Bytes out" value={bytes(all.bytesPerSecond)} unit="/s" />
      <Figure label="Delivery, 99 of 100" value={duration(slowest)} detail="from the store to the socket" />
      <Figure label="Gaps" value={count(all.gaps)} detail={`${count(all.refusals)} requests were refused`} />
    </dl>
  )
}

interface RateProps {
  readonly label: string
  readonly now: number
  /** When it was so: each is a point of the line. */
  readonly at: number
  readonly unit?: string
  readonly detail?: string
}

function Rate({ label, now, at, unit, detail }: RateProps) {
  const [values, setValues] = useState<readonly number[]>([])
  useEffect(() => setValues((before) => [...before, now].slice(-past)), [at])
  return (
    <Figure label={label} value={count(now)} unit={unit} detail={detail}>
      <Sparkline values={values} room={past} least={0} />
    </Figure>
  )
}

const head = ['Node', 'State', 'Up for', 'Connections', 'Channels', 'Messages out', 'Loop', 'Memory', 'Store', '']

function Nodes({ nodes }: { readonly nodes: readonly NodeEntry[] }) {
  const rows = [...nodes]
    .sort((a, b) => (a.node < b.node ? -1 : 1))
    .map((one) => [
      <code key="node">{one.node}</code>,
      one.state === 'ready' ? 'ready' : `draining, ${Math.round(one.drained * 100)} %`,
      duration(one.uptimeMs),
      count(one.connections),
      count(one.channels),
      `${count(one.messagesPerSecond)} /s`,
      duration(one.loopDelayMs),
      bytes(one.memoryBytes),
      one.storeUp ? 'up' : <strong key="store">down</strong>,
      <DeedButton key="drain" deed={drain(one)}>
        Drain
      </DeedButton>,
    ])
  return (
    <Card title="Each node">
      <Table caption="Nodes" head={head} rows={rows} />
    </Card>
  )
}

function drain({ node, connections }: NodeEntry) {
  return {
    question: `Let node ${node} leave? Its ${count(connections)} clients are sent elsewhere, and its process ends.`,
    yes: 'Drain it',
    path: 'drain',
    body: { node },
    done: () => `Node ${node} leaves.`,
  }
}

function Transports({ all }: { readonly all: NodeEntry }) {
  const rows = Object.entries(all.transports)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, one]) => [
      name,
      count(one.connections),
      `${count(one.messagesPerSecond)} /s`,
      `${bytes(one.bytesPerSecond)}/s`,
      one.delay ? duration(one.delay.p50) : '–',
      one.delay ? duration(one.delay.p99) : '–',
    ])
  return (
    <Card title="Delivery by transport">
      <Table
        caption="Transports"
        head={['Transport', 'Connections', 'Messages', 'Bytes', 'Half within', '99 of 100 within']}
        rows={rows}
      />
    </Card>
  )
}
