/** A table of a million rows: sorted, and said in eight lines. */
import { useEffect, useRef, useState } from 'preact/hooks'
import { Table } from '../parts/table.js'
import { Controls } from './controls.js'
import { type Place, useRun } from './run.js'
import type { Rows } from './work/rows.js'
import type { Group } from './work/table.js'

const count = 1_000_000
const money = (amount: number) => amount.toLocaleString('en', { minimumFractionDigits: 2, maximumFractionDigits: 2 })

export function TableJob() {
  const making = useRun()
  const sorting = useRun()
  const rows = useRef<Rows | undefined>(undefined)
  const [groups, setGroups] = useState<readonly Group[]>([])
  useEffect(() => {
    // They are made in a worker too, and moved here.
    void making.start('worker', { name: 'rows', input: { count, seed: 1_000_000 } }).then((made) => {
      rows.current = made
    })
  }, [])
  const start = async (place: Place) => {
    if (!rows.current) return
    const { town, amount } = rows.current
    const made = await sorting.start(place, { name: 'table', input: { town: town.slice(), amount: amount.slice() } })
    if (made) setGroups(made)
  }
  return (
    <section aria-labelledby="table">
      <h2 id="table">A table of a million rows</h2>
      <p class="lead">Orders of a mail-order house: sorted by their amount, then summed up for each town.</p>
      <Controls runner={sorting} name="table" disabled={making.run.state !== 'done'} onStart={start} />
      {groups.length > 0 && (
        <Table
          caption="Orders of each town"
          head={['Town', 'Orders', 'Sum', 'Median', 'Greatest']}
          rows={groups.map(({ town, count, sum, median, most }) => [
            town,
            count.toLocaleString('en'),
            ...[sum, median, most].map(money),
          ])}
        />
      )}
    </section>
  )
}
