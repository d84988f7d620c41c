/** The lanes, one below the other: where each stands, on a tape of the newest thirty seconds. */
import { useRef } from 'preact/hooks'
import { network } from '../shell/network.js'
import { isDark } from '../shell/theme.js'
import { useValue } from '../shell/value.js'
import { clientLane } from './forms/client.js'
import { drawHistogram } from './histogram.js'
import type { Laboratory } from './laboratory.js'
import type { Lane } from './lane.js'
import { milliseconds } from './measure.js'
import { TapeCanvas, TapeLegend, useDrawing } from './tape-canvas.js'
import { useTick } from './tick.js'

interface Props {
  readonly laboratory: Laboratory
  readonly channels: number
  /** Nothing passes the line. */
  readonly stalled: boolean
}

export function Lanes({ laboratory, channels, stalled }: Props) {
  useTick(250)
  const { lanes } = laboratory
  const head = Math.max(0, ...lanes.map(({ position = 0 }) => position))
  const waiting = lanes.filter((lane) => lane.state === 'opening' && lane.form.lane !== clientLane).length
  const reading = lanes.filter((lane) => lane.state === 'open').length
  return (
    <section aria-label="Lanes">
      <ol class="lanes">
        {lanes.map((lane) => (
          <Row
            key={lane.form.lane}
            lane={lane}
            head={head}
            laboratory={laboratory}
            channels={channels}
            stalled={stalled}
          />
        ))}
      </ol>
      <TapeLegend>
        {waiting > 0 && reading > 2 && 'A browser opens six connections to a server: a lane may wait for one.'}
      </TapeLegend>
    </section>
  )
}

interface RowProps extends Props {
  readonly lane: Lane
  readonly head: number
}

function Row({ lane, head, laboratory, channels, stalled }: RowProps) {
  const { form, position, delays } = lane
  const wanted = laboratory.isWanted(lane)
  const behind = position === undefined ? undefined : head - position
  return (
    <li class="lane" data-lane={form.lane} data-state={!wanted ? 'stopped' : stalled ? 'opening' : lane.state}>
      <div class="who">
        <h2>{form.name}</h2>
        <StateOf lane={lane} wanted={wanted} laboratory={laboratory} stalled={stalled} />
        <code>{form.ask}</code>
        {channels > 1 && !form.many && <span class="note">the first of {channels} channels</span>}
      </div>
      <Drawn lane={lane} laboratory={laboratory} />
      <dl class="where">
        <div>
          <dt>Position</dt>
          <dd data-fact="position">{position?.toLocaleString('en') ?? '–'}</dd>
        </div>
        <div>
          <dt>Behind</dt>
          <dd data-fact="behind">{behind?.toLocaleString('en') ?? '–'}</dd>
        </div>
        <div>
          <dt>Delay</dt>
          <dd>{stalled ? '–' : milliseconds(delays.quantile(0.5))}</dd>
        </div>
      </dl>
      <button type="button" class="button" onClick={() => laboratory.toggle(lane)}>
        {wanted ? 'Stop' : 'Start'}
        <span class="unseen"> {form.name}</span>
      </button>
      <Note lane={lane} />
    </li>
  )
}

interface StateProps {
  readonly lane: Lane
  readonly wanted: boolean
  readonly laboratory: Laboratory
  readonly stalled: boolean
}

function StateOf({ lane, wanted, laboratory, stalled }: StateProps) {
  const { transport } = useValue(laboratory.client.stats)
  const open = useValue(network) === 'open'
  const reads = (lane.form.lane === clientLane && transport) || 'reads'
  const going = lane.state === 'open' ? (stalled ? 'nothing comes' : reads) : open ? 'tries' : 'cut off'
  const word = wanted ? going : 'stopped'
  return (
    <span class="state">
      <span class="dot" aria-hidden="true" /> <span data-fact="state">{word}</span>
    </span>
  )
}

/** What became of its messages, once something was in their way. */
function Note({ lane }: { readonly lane: Lane }) {
  const { caughtUp, gaps, gone, missing, twice, form } = lane
  const facts = [
    caughtUp > 0 && `${caughtUp.toLocaleString('en')} caught up`,
    gaps > 0 && `${gaps} announced ${gaps === 1 ? 'gap' : 'gaps'}, ${gone.toLocaleString('en')} missed`,
    form.resumes && missing > 0 && `${missing} lost`,
    twice > 0 && `${twice} twice`,
    !form.resumes && missing > 0 && `${missing.toLocaleString('en')} passed unseen: it keeps no position`,
  ].filter(Boolean)
  return <p class="note">{facts.join(' · ')}</p>
}

function Drawn({ lane, laboratory }: { readonly lane: Lane; readonly laboratory: Laboratory }) {
  const histogram = useRef<HTMLCanvasElement>(null)
  const dark = useValue(isDark)
  useDrawing(() => histogram.current && drawHistogram(histogram.current, lane.delays.histogram), [lane, dark])
  return (
    <>
      <TapeCanvas tape={lane.tape} now={() => laboratory.clock.now()} />
      <canvas class="histogram" ref={histogram} title="Push delay: 0.25 ms at the left, 12 s at the right" />
    </>
  )
}
