/** Ticker: how often the page is written to is its own choice; the work on what comes is done in a worker. */
import './ticker.css'
import { useEffect, useMemo, useState } from 'preact/hooks'
import { AskingButton } from '../parts/asking.js'
import { Button } from '../parts/button.js'
import { Figure } from '../parts/card.js'
import { Choice, Field } from '../parts/field.js'
import { type CodeFile, Panel } from '../parts/panel.js'
import { client, complain, useChannel } from '../shell/client.js'
import { useValue } from '../shell/value.js'
import { Book } from './book.js'
import { Chart } from './chart.js'
import { type Rate, usePrices } from './prices.js'
import { Rows } from './table.js'
import { useLongest } from './tasks.js'

const rates: readonly (readonly [Rate, string])[] = [
  ['all', 'every update'],
  ['10', '10 a second'],
  ['2', '2 a second'],
]

const files: readonly CodeFile[] = [
  ['Server', 'playground/server/ticker.ts', () => import('../../server/ticker.ts?raw')],
  ['Page', 'playground/src/ticker/prices.ts', () => import('./prices.ts?raw')],
  ['React', 'playground/src/ticker/react.tsx', () => import('./react.tsx?raw'), () => import('./react.js')],
]

export default function Ticker() {
  const [rate, setRate] = useState<Rate>('10')
  const [wanted, setWanted] = useState('')
  const [chosen, setChosen] = useState('')
  const book = useMemo(() => new Book(), [])
  const symbols = usePrices(book, rate)
  const selected = chosen || (symbols[0] ?? '')
  const shown = useMemo(() => symbols.filter((symbol) => symbol.includes(wanted.toUpperCase())), [symbols, wanted])
  return (
    <div class="page ticker">
      <header class="title">
        <h1>Ticker</h1>
        <p class="lead">
          500 instruments, 10,000 updates a second. Choose how often this page wants to hear of them; the newest price
          of each row is always there, and the main thread is left alone.
        </p>
      </header>
      <Figures book={book} />
      <div class="wishes">
        <Choice label="This page is drawn at" name="rate" value={rate} options={rates} onChange={setRate} />
        <Field
          label="Find an instrument"
          type="search"
          value={wanted}
          onInput={(event) => setWanted(event.currentTarget.value)}
        />
        <MarketButton />
      </div>
      <div class="board">
        <div>
          <Rows book={book} symbols={shown} selected={selected} onSelect={setChosen} />
          <p class="legend" role="status">
            {symbols.length > 0 && shown.length === 0
              ? `No instrument is called “${wanted}”.`
              : 'Last is coloured by its last step, change since the market opened.'}
          </p>
        </div>
        <section aria-labelledby="chosen">
          <h2 id="chosen">{selected}</h2>
          <p class="legend">
            Candles of two seconds, <span class="up">rising</span> or <span class="down">falling</span>,{' '}
            <span class="average">their average over twenty</span>, and bands of two deviations.
          </p>
          {selected && <Chart key={selected} book={book} symbol={selected} />}
        </section>
      </div>
      <Panel files={files} channel="ticker/market">
        <p>
          All prices are one channel with a key for each instrument. The page subscribes <code>from: 'snapshot'</code>:
          the newest of each key, then everything after. With <code>rate: 10, slow: 'conflate'</code> the server writes
          ten times a second, the newest of each key; every reader of that rate gets the same bytes.
        </p>
        <p>
          <code>{'worker: new URL("./rows.js", import.meta.url)'}</code> has a module of this page run where messages
          arrive. It keeps the averages and strengths, and hands over one frame of numbers for each batch.
        </p>
      </Panel>
    </div>
  )
}

function Figures({ book }: { readonly book: Book }) {
  const [{ market, page }, setRates] = useState(book.rates)
  const { pushMs = 0, transferMs } = useValue(client.stats)
  const longest = useLongest()
  useEffect(() => {
    const timer = setInterval(() => {
      book.count()
      setRates(book.rates)
    }, 1000)
    return () => clearInterval(timer)
  }, [book])
  return (
    <dl class="figures">
      <Figure label="Updates made" value={market.toLocaleString('en')} unit="/s" />
      <Figure label="Updates received" value={page.toLocaleString('en')} unit="/s" />
      <Figure
        label="Delay"
        value={transferMs === undefined ? '–' : (pushMs + transferMs).toFixed(1)}
        unit="ms"
        detail="from append to arrival"
      />
      <Figure
        label="Longest task"
        value={longest === undefined ? '–' : longest === 0 ? '<50' : longest.toFixed(0)}
        unit="ms"
        detail={longest === undefined ? 'not told by this browser' : 'of the main thread, in the last 10 s'}
      />
    </dl>
  )
}

function MarketButton() {
  const [open, setOpen] = useState(true)
  useChannel<{ readonly open: boolean }>('ticker/market', { from: 'last-1' }, (item) => {
    if (item.kind === 'message') setOpen(item.data.open)
  })
  const turn = () => client.publish('ticker/market', { open: !open }).catch(complain)
  if (!open) return <Button onClick={turn}>Open the market again</Button>
  return (
    <AskingButton
      question="Stop the market for everybody who looks at it, until somebody opens it again?"
      yes="Stop it"
      onYes={turn}
    >
      Stop the market for everybody
    </AskingButton>
  )
}
