/** News: what a browser can do by itself. */
import './news.css'
import { useState } from 'preact/hooks'
import { Button } from '../parts/button.js'
import { Choice } from '../parts/field.js'
import { type CodeFile, Panel } from '../parts/panel.js'
import { Front } from './front.js'
import { LetterForm } from './letter.js'
import { type Paper, usePaper } from './paper.js'
import { type Desk, desks } from './stream.js'

type Shown = Desk | 'all'

const label = (desk: Shown) => desk.charAt(0).toUpperCase() + desk.slice(1)
const choices = (['all', ...desks] as const).map((desk) => [desk, label(desk)] as const)

const files: readonly CodeFile[] = [
  ['Server', 'playground/server/news.ts', () => import('../../server/news.ts?raw')],
  ['Page', 'playground/src/news/stream.ts', () => import('./stream.ts?raw')],
]

export default function News() {
  const [shown, setShown] = useState<Shown>('all')
  const [paper, anew] = usePaper()
  const entries = paper.entries.filter(({ desk }) => shown === 'all' || desk === shown)
  return (
    <div class="page news">
      <header class="title">
        <h1>News</h1>
        <p class="lead">
          Read by the browser alone: six desks, one <code>EventSource</code>, no library. Cut the network and restore
          it: the browser comes back by itself, says where it was, and is sent what it missed.
        </p>
      </header>
      <Choice label="Desk" name="desk" value={shown} options={choices} onChange={setShown} />
      <div class="paper">
        <Front key={shown} entries={entries} />
        <aside>
          <Wire paper={paper} anew={anew} />
          <LetterForm />
        </aside>
      </div>
      <Panel files={files} channel="news/city">
        <p>
          Each desk is a channel that keeps its newest thirty headlines. One URL reads all of them, from the newest
          twelve of each on:{' '}
          <code>new EventSource('/channels?channel=news/country&channel=news/city&…&offset=last-12')</code>.
        </p>
        <p>
          Each event has an <code>id</code>: the position of the reader in every desk. When the line breaks the browser
          asks again and sends the newest id as <code>Last-Event-ID</code>. Who was away for so long that a desk has
          thrown headlines away gets an event <code>gap</code>, and goes on with what is left. What this page lacks is
          what the client adds: no outbox, no other transport when a proxy holds streams back, no second tab that shares
          the line.
        </p>
      </Panel>
    </div>
  )
}

const words: Record<Paper['state'], string> = {
  open: 'reading',
  connecting: 'the browser is trying again',
  closed: 'the browser has given up',
}

function Wire({ paper: { state, returns, repeats, entries, position }, anew }: { paper: Paper; anew: () => void }) {
  const newest = position.split(',').sort().at(-1) ?? ''
  return (
    <section class="wire" aria-labelledby="wire">
      <h2 id="wire">EventSource</h2>
      <dl>
        <dt>State</dt>
        <dd>
          <span role="status" data-state={state}>
            {words[state]}
          </span>
        </dd>
        <dt>Came back</dt>
        <dd data-count="returns">{returns === 1 ? 'once' : `${returns} times`}</dd>
        <dt>Headlines</dt>
        <dd>{entries.filter(({ kind }) => kind === 'headline').length}</dd>
        <dt>Sent twice</dt>
        <dd>{repeats}</dd>
        <dt>Lost</dt>
        <dd data-count="lost">{entries.reduce((sum, one) => sum + (one.kind === 'gap' ? (one.missed ?? 0) : 0), 0)}</dd>
        <dt>Last-Event-ID</dt>
        <dd>
          <code title={position.replaceAll(',', '\n')}>…{newest.slice(-20)}</code>
        </dd>
      </dl>
      {state === 'closed' && <Button onClick={anew}>Connect again</Button>}
    </section>
  )
}
