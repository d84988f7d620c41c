/** Images: the same heavy jobs in a worker and on the page, so that the difference is felt. */
import './images.css'
import { type CodeFile, Panel } from '../parts/panel.js'
import { PictureJobs } from './picture-jobs.js'
import { Pulse } from './pulse.js'
import { TableJob } from './table-job.js'

const files: readonly CodeFile[] = [
  ['Page', 'playground/src/images/run.ts', () => import('./run.ts?raw')],
  ['Worker', 'playground/src/images/work/worker.ts', () => import('./work/worker.ts?raw')],
]

export default function Images() {
  return (
    <div class="page images">
      <header class="title">
        <h1>Images</h1>
        <p class="lead">
          The same work in a worker and on the page itself. In a worker it tells how far it is and can be cancelled; on
          the page everything waits: the pulse, the buttons, what you type.
        </p>
      </header>
      <Pulse />
      <PictureJobs />
      <TableJob />
      <Panel files={files}>
        <p>
          Nothing here is the server's: <code>createPool</code> of <code>anywire/workers</code> runs a module of this
          page on a few workers, and keeps them: the first job of a worker is slow. The pixels are not copied: their
          buffer moves to the worker with <code>transfer</code>, and the result's buffer moves back.
        </p>
        <p>
          The jobs are pure functions that do not know where they run. <code>worker.ts</code> names them with{' '}
          <code>job(…)</code>; Vite builds it with what it imports, for <code>?worker&url</code>. Cancelling rejects at
          once; these jobs never look up, so their worker is ended and replaced.
        </p>
      </Panel>
    </div>
  )
}
