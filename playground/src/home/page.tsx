/** The first page: what this machine is doing, the scenarios, and the same channel from a terminal. */
import './home.css'
import type { Item } from 'anywire/client'
import { useState } from 'preact/hooks'
import type { Figure as Measured } from '../channels.js'
import { pages } from '../pages.js'
import { Figure } from '../parts/card.js'
import { CopyButton } from '../parts/copy.js'
import { Panel } from '../parts/panel.js'
import { Sparkline } from '../parts/sparkline.js'
import { Table } from '../parts/table.js'
import { useChannel } from '../shell/client.js'

const seconds = 120
const url = `${location.origin}/channels/system/figures`

interface Course {
  readonly newest: Measured
  readonly values: readonly number[]
}

export default function Home() {
  const [courses, setCourses] = useState<ReadonlyMap<string, Course>>(new Map())
  useChannel<Measured>('system/figures', { from: `last-${seconds * 5}` }, (item) => {
    if (item.kind === 'message') setCourses((known) => followed(known, item))
  })
  return (
    <div class="page home">
      <header class="hero">
        <h1>One channel, any wire.</h1>
        <p class="lead">
          Publish once; everybody gets every message in order, over whatever gets through. Cut the network at the top of
          this page, wait a little, restore it: the lines below go on where they stood, and nothing is missing.
        </p>
      </header>

      <section aria-labelledby="machine">
        <h2 id="machine">This machine, now</h2>
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
      </section>

      <section aria-labelledby="scenarios">
        <h2 id="scenarios">What it is for</h2>
        <ol class="scenarios">
          {pages.slice(1).map(({ path, title, about }, number) => (
            <li key={path}>
              <a href={`/${path}`}>
                <span class="number" aria-hidden="true">
                  {String(number + 1).padStart(2, '0')}
                </span>
                <span class="name">{title}</span>
                <span class="about">{about}</span>
              </a>
            </li>
          ))}
        </ol>
      </section>

      <section aria-labelledby="terminal">
        <h2 id="terminal">The same channel, from a terminal</h2>
        <Table
          caption="Commands that read the channel of this machine"
          head={['You get', 'Copy', 'Command']}
          rows={commands.map(([what, command]) => [
            what,
            <CopyButton key="copy" text={command} label={`the command for ${what}`} />,
            <code key="command">{command}</code>,
          ])}
        />
      </section>

      <Panel file="playground/server/system.ts" load={() => import('../../server/system.ts?raw')}>
        <p>
          The server measures once a second and publishes five messages in one step. Each has a key, so that{' '}
          <code>offset=snapshot</code> is the newest of every figure. This page asks for the last two minutes and then
          everything after: one subscription, without a gap or a repeat between.
        </p>
      </Panel>
    </div>
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

const commands = [
  ['the newest of every figure', `curl '${url}?offset=snapshot'`],
  ['the last ten', `curl '${url}?offset=last-10'`],
  ['all as they come', `curl -N -H 'Accept: text/event-stream' ${url}`],
  ['the next, by long poll', `curl '${url}?live=poll'`],
] as const

function followed(known: ReadonlyMap<string, Course>, { data }: Extract<Item<Measured>, { kind: 'message' }>) {
  const before = known.get(data.figure)?.values ?? []
  return new Map(known).set(data.figure, { newest: data, values: [...before, data.value].slice(-seconds) })
}
