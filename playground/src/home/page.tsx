/** The first page: the proof, what it is for, what this machine is doing, and the same channel from a terminal. */
import './home.css'
import { pages } from '../pages.js'
import { CopyButton } from '../parts/copy.js'
import { type CodeFile, Panel } from '../parts/panel.js'
import { Table } from '../parts/table.js'
import { Figures } from './figures.js'
import { ProofOf } from './proof.js'

const url = `${location.origin}/channels/system/figures`

const files: readonly CodeFile[] = [
  ['Server', 'playground/server/proof.ts', () => import('../../server/proof.ts?raw')],
  ['Page', 'playground/src/home/train.ts', () => import('./train.ts?raw')],
  ['React', 'playground/src/home/react.tsx', () => import('./react.tsx?raw'), () => import('./react.js')],
]

export default function Home() {
  return (
    <div class="page home">
      <header class="hero">
        <h1>One channel, any wire.</h1>
        <p class="lead">Publish once; everybody gets every message, once and in order, over whatever gets through.</p>
      </header>

      <ProofOf />

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

      <section aria-labelledby="machine">
        <h2 id="machine">This machine, now</h2>
        <Figures />
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

      <Panel files={files} channel="system/figures">
        <p>
          Ten times a second the server publishes a number to one channel. Each pane reads it with a client of its own.
          The train’s goes by way of <code>/train/channels</code>, where the server ends your connections and refuses
          new ones until you restore them; nobody else’s are touched.
        </p>
        <p>
          When the line is back the client says where it was, and gets what it missed: once, and in order. Each message
          is counted by its number. The figures below are a channel with a key for each of them, so that{' '}
          <code>offset=snapshot</code> is the newest of every figure.
        </p>
      </Panel>
    </div>
  )
}

const commands = [
  ['the newest of every figure', `curl '${url}?offset=snapshot'`],
  ['the last ten', `curl '${url}?offset=last-10'`],
  ['all as they come', `curl -N -H 'Accept: text/event-stream' ${url}`],
  ['the next, by long poll', `curl '${url}?live=poll'`],
] as const
