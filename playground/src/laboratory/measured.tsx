/** The measured table, and its export. */
import type { BenchFigures, Settings } from '../channels.js'
import { Button } from '../parts/button.js'
import { Table } from '../parts/table.js'
import { toast } from '../shell/toasts.js'
import type { Laboratory } from './laboratory.js'
import { type Cell, conditions, csv, legend, markdown, measured } from './measure.js'
import { useTick } from './tick.js'

interface Props {
  readonly laboratory: Laboratory
  readonly figures: BenchFigures
  readonly settings: Settings
}

const shown = (cell: Cell) => (typeof cell === 'number' ? cell.toLocaleString('en') : (cell ?? '–'))

export function Measured({ laboratory, figures, settings }: Props) {
  useTick(1000, () => {
    for (const lane of laboratory.lanes) lane.count()
  })
  const table = measured(laboratory, figures)
  const sentence = conditions(settings)
  const exported = { Markdown: markdown(table, `${sentence} ${legend}`), CSV: csv(table) }
  return (
    <section class="measured" aria-labelledby="measured">
      <header>
        <h2 id="measured">Measured</h2>
        <p class="legend">{sentence}</p>
        <div class="exports">
          <Button onClick={() => copy(exported.Markdown)}>Copy Markdown</Button>
          <Button onClick={() => copy(exported.CSV)}>Copy CSV</Button>
          <Download name="anywire.md" type="text/markdown" text={exported.Markdown} />
          <Download name="anywire.csv" type="text/csv" text={exported.CSV} />
        </div>
      </header>
      <Table
        caption="What was measured of each form"
        head={table.head}
        rows={table.rows.map((row) => row.map(shown))}
      />
      <p class="legend">{legend}</p>
    </section>
  )
}

interface DownloadProps {
  readonly name: string
  readonly type: string
  readonly text: string
}

const Download = ({ name, type, text }: DownloadProps) => (
  <a class="button" download={name} href={`data:${type};charset=utf-8,${encodeURIComponent(text)}`}>
    {name}
  </a>
)

async function copy(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text)
    toast('The table is copied.')
  } catch {
    toast('This browser lets nothing be copied here: download it instead.')
  }
}
