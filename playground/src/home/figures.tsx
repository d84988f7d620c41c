/** What this machine is doing: five figures, each with its last two minutes. */
import type { Item } from 'anywire/client'
import { useState } from 'preact/hooks'
import type { Figure as Measured } from '../channels.js'
import { Figure } from '../parts/card.js'
import { Sparkline } from '../parts/sparkline.js'
import { useChannel } from '../shell/client.js'

const seconds = 120

interface Course {
  readonly newest: Measured
  readonly values: readonly number[]
}

export function Figures() {
  const [courses, setCourses] = useState<ReadonlyMap<string, Course>>(new Map())
  useChannel<Measured>('system/figures', { from: `last-${seconds * 5}` }, (item) => {
    if (item.kind === 'message') setCourses((known) => followed(known, item))
  })
  return (
    <dl class="figures">
      {[...courses.values()].map(({ newest, values }) => (
        <Figure
          key={newest.figure}
          label={names[newest.figure]}
          value={shortly(newest.value)}
          unit={newest.unit}
          detail={newest.detail}
        >
          <Sparkline values={values} room={seconds} least={0} most={newest.most} />
        </Figure>
      ))}
    </dl>
  )
}

const names: Record<Measured['figure'], string> = {
  cpu: 'Processors',
  memory: 'Memory',
  load: 'Load',
  network: 'Network',
  process: 'This server',
}

/** Three digits or more. */
const shortly = (value: number) =>
  value < 1000 ? value.toFixed(value < 10 ? 2 : 1) : value.toLocaleString('en', { maximumFractionDigits: 0 })

function followed(known: ReadonlyMap<string, Course>, { data }: Extract<Item<Measured>, { kind: 'message' }>) {
  const before = known.get(data.figure)?.values ?? []
  return new Map(known).set(data.figure, { newest: data, values: [...before, data.value].slice(-seconds) })
}
