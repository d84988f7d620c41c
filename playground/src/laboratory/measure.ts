/** What was measured of each lane, as rows and columns: on the page, in Markdown and in CSV alike. */
import type { BenchFigures, Settings } from '../channels.js'
import { clientLane } from './forms/client.js'
import type { Laboratory } from './laboratory.js'

/** A text, a number, or nothing where nothing was measured. */
export type Cell = string | number | undefined

export interface Table {
  readonly head: readonly string[]
  readonly rows: readonly (readonly Cell[])[]
}

const head = [
  'Form',
  'C, ms',
  'R, ms',
  'P, ms',
  'P99, ms',
  'Total, ms',
  'Messages',
  'per second',
  'Bytes',
  'per message',
  'Connections',
  'Caught up',
  'Gaps',
  'Missed',
  'Unseen',
  'Twice',
] as const

export function measured({ lanes, clock, client }: Laboratory, { bytes, connections }: BenchFigures): Table {
  const rows = lanes
    .filter(({ messages }) => messages > 0)
    .map((lane): Cell[] => {
      const { form, connectMs, delays, messages } = lane
      const { transport } = client.stats.value
      const isClient = form.lane === clientLane
      // The client measures its own round trip.
      const { transferMs } = isClient ? client.stats.value : clock
      const [median, most] = [delays.quantile(0.5), delays.quantile(0.99)]
      const parts = [connectMs, transferMs, median]
      const total = parts.includes(undefined) ? undefined : parts.reduce<number>((sum, part) => sum + (part ?? 0), 0)
      return [
        isClient && transport ? `${form.name} (${transport})` : form.name,
        ...[connectMs, transferMs, median, most, total].map(rounded),
        messages,
        rounded(lane.perSecond),
        bytes[form.lane] ?? 0,
        Math.round((bytes[form.lane] ?? 0) / messages),
        connections[form.lane] ?? 0,
        lane.caughtUp,
        lane.gaps,
        lane.gone,
        lane.missing,
        lane.twice,
      ]
    })
  return { head, rows }
}

/** What the heads mean. */
export const legend =
  'C: connect, R: transfer (one way), P: push delay (median, and 99 %), total: C + R + P. Missed: in announced gaps; unseen: without a word.'

/** What it was measured with. */
export function conditions({ rate, size, channels, stalled, webSockets, buffered, delayMs }: Settings): string {
  const faults = [
    stalled && 'line stalled',
    webSockets !== 'pass' && `WebSockets ${webSockets === 'refuse' ? 'refused' : 'in a black hole'}`,
    buffered && 'streams buffered',
    delayMs > 0 && `packets ${delayMs} ms late each way`,
  ].filter(Boolean)
  const load = `${rate} messages a second of ${size} bytes in ${channels === 1 ? 'one channel' : `${channels} channels`}`
  return `${load}; ${faults.join(', ') || 'no fault of the line'}.`
}

export function markdown({ head, rows }: Table, sentence: string): string {
  const line = (cells: readonly Cell[]) =>
    `| ${cells.map((cell) => String(cell ?? '').replaceAll('|', '\\|')).join(' | ')} |`
  const rule = `|${head.map((_, column) => (column === 0 ? '---|' : '--:|')).join('')}`
  return `${[sentence, '', line(head), rule, ...rows.map(line)].join('\n')}\n`
}

/** As RFC 4180 has it. */
export function csv({ head, rows }: Table): string {
  const field = (cell: Cell) =>
    /[",\r\n]/.test(String(cell)) ? `"${String(cell).replaceAll('"', '""')}"` : (cell ?? '')
  return [head, ...rows].map((cells) => `${cells.map(field).join(',')}\r\n`).join('')
}

export const milliseconds = (ms: number | undefined) => (ms === undefined ? '–' : `${ms.toFixed(ms < 10 ? 1 : 0)} ms`)

const rounded = (value: number | undefined) =>
  value === undefined ? undefined : Number(value.toFixed(value < 100 ? 2 : 0))
