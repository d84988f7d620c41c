/** What the visitor may do to their line, and the load that it is to carry. */
import type { Settings } from '../channels.js'
import { Choice } from '../parts/field.js'

interface Props {
  readonly settings: Settings
  readonly onChange: (change: Partial<Settings>) => void
}

export function Faults({ settings, onChange }: Props) {
  const { stalled, webSockets, buffered, delayMs } = settings
  return (
    <section class="wishes" aria-label="Faults of your line">
      <Choice
        label="Your line"
        name="stalled"
        value={stalled ? 'stalled' : 'flows'}
        options={[
          ['flows', 'Passes everything'],
          ['stalled', 'Passes nothing'],
        ]}
        onChange={(value) => onChange({ stalled: value === 'stalled' })}
      />
      <Choice
        label="Streams"
        name="buffered"
        value={buffered ? 'buffered' : 'pass'}
        options={[
          ['pass', 'Pass'],
          ['buffered', 'Buffered'],
        ]}
        onChange={(value) => onChange({ buffered: value === 'buffered' })}
      />
      <Choice
        label="WebSockets"
        name="web-sockets"
        value={webSockets}
        options={[
          ['pass', 'Pass'],
          ['refuse', 'Refused'],
          ['black-hole', 'Black hole'],
        ]}
        onChange={(value) => onChange({ webSockets: value })}
      />
      <Choice
        label="Delay of each packet"
        name="delay"
        value={String(delayMs)}
        options={[
          ['0', 'None'],
          ['50', '50 ms'],
          ['250', '250 ms'],
          ['1000', '1 s'],
        ]}
        onChange={(value) => onChange({ delayMs: Number(value) })}
      />
    </section>
  )
}

export function LoadWishes({ settings, onChange }: Props) {
  const { rate, size, channels } = settings
  return (
    <section class="wishes" aria-label="Load">
      <Choice
        label="Messages a second"
        name="rate"
        value={String(rate)}
        options={numbers(1, 10, 50, 200)}
        onChange={(value) => onChange({ rate: Number(value) })}
      />
      <Choice
        label="Bytes of each"
        name="size"
        value={String(size)}
        options={numbers(200, 1_000, 10_000)}
        onChange={(value) => onChange({ size: Number(value) })}
      />
      <Choice
        label="Channels"
        name="channels"
        value={String(channels)}
        options={numbers(1, 3, 10)}
        onChange={(value) => onChange({ channels: Number(value) })}
      />
    </section>
  )
}

const numbers = (...values: readonly number[]) =>
  values.map((value) => [String(value), value.toLocaleString('en')] as const)
