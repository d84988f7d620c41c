/** The laboratory: the forms side by side, on a line that the visitor may break. */
import './laboratory.css'
import { useEffect, useMemo, useState } from 'preact/hooks'
import type { BenchFigures } from '../channels.js'
import { type CodeFile, Panel } from '../parts/panel.js'
import { useChannel } from '../shell/client.js'
import { me } from '../shell/me.js'
import { Faults, LoadWishes } from './controls.js'
import { Decisions } from './decisions.js'
import { Laboratory } from './laboratory.js'
import { Lanes } from './lanes.js'
import { Measured } from './measured.js'
import { OutboxCard } from './outbox.js'
import { ServerCard } from './server.js'
import { useSettings } from './settings.js'
import { Verdict } from './verdict.js'

const files: readonly CodeFile[] = [
  ['Server', 'playground/server/laboratory.ts', () => import('../../server/laboratory.ts?raw')],
  ['Page', 'playground/src/laboratory/forms/client.ts', () => import('./forms/client.ts?raw')],
  ['React', 'playground/src/laboratory/react.tsx', () => import('./react.tsx?raw'), () => import('./react.js')],
]

export default function LaboratoryPage() {
  const laboratory = useLaboratory()
  const [settings, change] = useSettings()
  const [figures, setFigures] = useState<BenchFigures>({ connections: {}, bytes: {}, published: 0 })
  useChannel<BenchFigures>(`laboratory/figures/${me}`, { from: 'last-1' }, (item) => {
    if (item.kind === 'message') setFigures(item.data)
  })
  useEffect(() => laboratory.read(settings.channels), [laboratory, settings.channels])
  laboratory.clock.paused = settings.stalled
  return (
    <div class="page laboratory">
      <header class="title">
        <h1>Laboratory</h1>
        <p class="lead">
          Seven forms read the same messages side by side. Cut the network, wait, restore it: the tapes stay blank while
          nothing comes, and fill up where they stood.
        </p>
      </header>
      <Verdict laboratory={laboratory} stalled={settings.stalled} />
      <Faults settings={settings} onChange={change} />
      <Lanes laboratory={laboratory} channels={settings.channels} stalled={settings.stalled} />
      <LoadWishes settings={settings} onChange={change} />
      <Measured laboratory={laboratory} figures={figures} settings={settings} />
      <div class="cards">
        <Decisions client={laboratory.client} figures={figures} />
        <OutboxCard client={laboratory.client} />
        <ServerCard />
      </div>
      <Panel files={files} channel="$stats">
        <p>
          Each visitor has channels of their own, to which the server publishes numbered messages, and a line of their
          own: all lanes ask below <code>/lab/</code>, and a fault proxy that is this visitor’s alone stands between
          them and the hub. It is the one that the tests use. Nobody else notices what you break.
        </p>
        <p>
          <strong>C</strong> is the time from asking until a lane reads. <strong>R</strong> is half the round trip of a
          small request over the same line, asked every second (of the client: of its own). <strong>P</strong> is what
          is left of the time from publishing to arrival, by the server’s clock; what was published before the lane was
          open is not counted. Bytes are counted by the proxy, with all heads and framing. The server keeps the newest
          1,000 messages of a channel: who is away for longer is told of a gap.
        </p>
      </Panel>
    </div>
  )
}

function useLaboratory(): Laboratory {
  const laboratory = useMemo(() => new Laboratory(), [])
  useEffect(() => {
    const look = () => laboratory.rest(document.visibilityState === 'hidden')
    addEventListener('visibilitychange', look)
    return () => {
      removeEventListener('visibilitychange', look)
      laboratory.end()
    }
  }, [laboratory])
  return laboratory
}
