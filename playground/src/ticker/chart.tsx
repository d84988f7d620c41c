/** The candles of one instrument, with the average and the bands that the worker has added. */
import 'uplot/dist/uPlot.min.css'
import { useEffect, useRef } from 'preact/hooks'
import UPlot from 'uplot'
import { useChannel } from '../shell/client.js'
import { isDark } from '../shell/theme.js'
import { useValue } from '../shell/value.js'
import type { Banded } from './bands.js'
import type { Book } from './book.js'

const worker = new URL('./bands.js', import.meta.url)
const room = 100
const height = 300

interface Props {
  readonly book: Book
  readonly symbol: string
}

export function Chart({ book, symbol }: Props) {
  const place = useRef<HTMLDivElement>(null)
  const candles = useRef<Banded[]>([])
  const dark = useValue(isDark)
  useChannel<Banded>(`ticker/candles/${symbol}`, { from: 'start', worker }, (item) => {
    if (item.kind === 'message') candles.current = [...candles.current, item.data].slice(-room)
  })
  useEffect(() => {
    candles.current = []
  }, [symbol])
  useEffect(() => {
    const { current: element } = place
    if (!element) return
    const plot = plotIn(element)
    const draw = () => plot.setData(dataOf(candles.current, book.prices[book.rowOf(symbol) ?? -1]))
    const size = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height }))
    size.observe(element)
    const timer = setInterval(draw, 500)
    const soon = setTimeout(draw, 100)
    return () => {
      clearInterval(timer)
      clearTimeout(soon)
      size.disconnect()
      plot.destroy()
    }
  }, [book, symbol, dark])
  return <div class="chart" ref={place} role="img" aria-label={`Candles of ${symbol}, of two seconds each`} />
}

/** Columns: time, open, high, low, close, average, upper, lower. The newest candle is still open: its close is the newest price. */
function dataOf(candles: readonly Banded[], price: number | undefined): UPlot.AlignedData {
  const last = candles.at(-1)
  const live = last && price ? [...candles, liveAfter(last, price)] : candles
  const columns = ['time', 'open', 'high', 'low', 'close', 'average', 'upper', 'lower'] as const
  return columns.map((column) => live.map((candle) => candle[column])) as unknown as UPlot.AlignedData
}

function liveAfter(last: Banded, price: number): Banded {
  const { close: open } = last
  return { ...last, time: last.time + 2, open, high: Math.max(open, price), low: Math.min(open, price), close: price }
}

const clock = (time: number) => new Date(time * 1000).toLocaleTimeString('en-GB')

function plotIn(element: HTMLElement): UPlot {
  const style = getComputedStyle(element)
  const colour = (name: string) => style.getPropertyValue(`--${name}`)
  const axis = {
    stroke: colour('quiet'),
    font: `12px ${colour('mono')}`,
    grid: { stroke: colour('line'), width: 1 },
    ticks: { show: false },
  }
  const hidden = { paths: () => null, points: { show: false } }
  const line = (name: string, width: number, dash: number[] = []) => ({
    stroke: colour(name),
    width,
    dash,
    points: { show: false },
  })
  return new UPlot(
    {
      width: element.clientWidth,
      height,
      legend: { show: false },
      cursor: { show: false },
      padding: [12, 32, 0, 0],
      scales: { y: { range: (_, least, most) => [least - (most - least) * 0.06, most + (most - least) * 0.06] } },
      axes: [
        { ...axis, grid: { show: false }, values: (_, times) => times.map(clock), space: 80 },
        { ...axis, size: 64 },
      ],
      series: [
        {},
        hidden,
        hidden,
        hidden,
        hidden,
        line('ink', 1.5),
        line('quiet', 1, [2, 4]),
        line('quiet', 1, [2, 4]),
      ],
      hooks: { draw: [(plot) => drawCandles(plot, colour('up'), colour('down'))] },
    },
    [[], [], [], [], [], [], [], []],
    element,
  )
}

function drawCandles(plot: UPlot, rising: string, falling: string): void {
  const { ctx, data } = plot
  const [times, opens, highs, lows, closes] = data as unknown as number[][]
  if (!times || !opens || !highs || !lows || !closes) return
  const y = (value: number) => Math.round(plot.valToPos(value, 'y', true))
  const width = Math.max(1, Math.floor((plot.bbox.width / Math.max(1, times.length)) * 0.62))
  for (let i = 0; i < times.length; i++) {
    const x = Math.round(plot.valToPos(times[i]!, 'x', true))
    const [top, bottom] = [y(Math.max(opens[i]!, closes[i]!)), y(Math.min(opens[i]!, closes[i]!))]
    ctx.fillStyle = closes[i]! >= opens[i]! ? rising : falling
    ctx.fillRect(x, y(highs[i]!), Math.max(1, devicePixelRatio), y(lows[i]!) - y(highs[i]!))
    ctx.fillRect(x - width / 2, top, width, Math.max(1, bottom - top))
  }
}
