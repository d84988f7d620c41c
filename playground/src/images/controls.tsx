/** What begins and ends a job, and what came of it in each of the two places. */
import { Button } from '../parts/button.js'
import type { Place, Run, Runner } from './run.js'
import type { Name } from './work/jobs.js'

interface Props {
  readonly runner: Runner
  readonly name: Name
  readonly disabled?: boolean
  readonly onStart: (place: Place) => void
}

export function Controls({ runner: { run, finished, cancel }, name, disabled = false, onStart }: Props) {
  const isRunning = run.state === 'running'
  return (
    <div class="controls-of-job">
      <div class="buttons">
        <Button main disabled={isRunning || disabled} onClick={() => onStart('worker')}>
          In a worker
        </Button>
        <Button disabled={isRunning || disabled} onClick={() => onStart('page')}>
          On this page
        </Button>
        <Button disabled={!(isRunning && run.place === 'worker')} onClick={cancel}>
          Cancel
        </Button>
      </div>
      <progress aria-label={`Progress: ${name}`} value={run.done} max={1} />
      <p role="status">{words[run.state](run)}</p>
      <dl class="beside">
        <Result label="In a worker" run={finished.worker?.name === name ? finished.worker : undefined} />
        <Result label="On this page" run={finished.page?.name === name ? finished.page : undefined} />
      </dl>
    </div>
  )
}

const words: Readonly<Record<Run['state'], (run: Run) => string>> = {
  idle: () => 'Watch the pulse above, and try both.',
  running: ({ place }) => (place === 'worker' ? 'A worker is at it; this page is free.' : 'This page stands still …'),
  done: ({ place }) => (place === 'worker' ? 'Done, in a worker.' : 'Done, on this page.'),
  cancelled: () => 'Cancelled.',
}

function Result({ label, run }: { readonly label: string; readonly run: Run | undefined }) {
  return (
    <div data-place={run?.place}>
      <dt>{label}</dt>
      <dd>
        <span>{run ? `${run.tookMs.toFixed(0)} ms` : '–'}</span> for the job
      </dd>
      <dd data-still={run && run.pauseMs > 100}>
        <span>{run ? `${run.pauseMs.toFixed(0)} ms` : '–'}</span> the page stood still
      </dd>
    </div>
  )
}
