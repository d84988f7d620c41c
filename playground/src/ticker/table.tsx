/** The rows: of 500 only those in view exist. They are written to directly, for a frame of numbers is no reason to compare trees. */
import { useEffect, useRef, useState } from 'preact/hooks'
import { Scroller } from '../parts/scroller.js'
import { drawLine } from '../parts/sparkline.js'
import { type Book, courseRoom } from './book.js'

const rowHeight = 40
const spare = 4

interface Props {
  readonly book: Book
  readonly symbols: readonly string[]
  readonly selected: string
  readonly onSelect: (symbol: string) => void
}

export function Rows({ book, symbols, selected, onSelect }: Props) {
  const box = useRef<HTMLElement>(null)
  const body = useRef<HTMLTableSectionElement>(null)
  const { first, count } = useView(box)
  const shown = symbols.slice(first, first + count)
  const above = first * rowHeight
  const below = Math.max(0, symbols.length - first - shown.length) * rowHeight
  usePainter(book, body, shown)
  return (
    <Scroller class="rows" label="Instruments" box={box}>
      <table aria-rowcount={symbols.length + 1} style={{ marginTop: `${above}px`, marginBottom: `${below}px` }}>
        <thead>
          <tr>
            <th scope="col">Instrument</th>
            <th scope="col">Last</th>
            <th scope="col">Change</th>
            <th scope="col" class="course">
              Course
            </th>
            <th scope="col" class="more">
              Average
            </th>
            <th scope="col" class="more">
              Strength
            </th>
          </tr>
        </thead>
        <tbody ref={body}>
          {shown.map((symbol, i) => (
            <tr key={symbol} data-symbol={symbol} aria-rowindex={first + i + 2}>
              <th scope="row">
                <button type="button" aria-pressed={symbol === selected} onClick={() => onSelect(symbol)}>
                  {symbol}
                </button>
              </th>
              <td data-cell="price" />
              <td data-cell="change" />
              <td class="course">
                <canvas />
              </td>
              <td data-cell="average" class="more" />
              <td data-cell="strength" class="more" />
            </tr>
          ))}
        </tbody>
      </table>
    </Scroller>
  )
}

/** Which rows are in view. */
function useView(box: { readonly current: HTMLElement | null }) {
  const [view, setView] = useState({ first: 0, count: 20 })
  useEffect(() => {
    const { current: element } = box
    if (!element) return
    const look = () => {
      const first = Math.max(0, Math.floor(element.scrollTop / rowHeight) - spare)
      const count = Math.ceil(element.clientHeight / rowHeight) + 2 * spare
      setView((before) => (before.first === first && before.count === count ? before : { first, count }))
    }
    const size = new ResizeObserver(look)
    size.observe(element)
    element.addEventListener('scroll', look, { passive: true })
    return () => {
      size.disconnect()
      element.removeEventListener('scroll', look)
    }
  }, [])
  return view
}

interface Cells {
  readonly row: number
  readonly price: HTMLElement
  readonly change: HTMLElement
  readonly average: HTMLElement
  readonly strength: HTMLElement
  readonly canvas: HTMLCanvasElement
  shown: number
}

/** Writes what is new into the rows in view, ten times a second; their lines in turn. */
function usePainter(book: Book, body: { readonly current: HTMLElement | null }, shown: readonly string[]): void {
  const key = shown.join()
  useEffect(() => {
    const cells = [...(body.current?.querySelectorAll<HTMLElement>('[data-symbol]') ?? [])].flatMap((element) =>
      cellsOf(element, book),
    )
    let turn = 0
    const paint = () => {
      // Lines first: they ask for sizes, which would have to be computed anew after something is written.
      const one = cells[turn++ % Math.max(1, cells.length)]
      const other = cells[turn++ % Math.max(1, cells.length)]
      for (const line of [one, other]) if (line) drawLine(line.canvas, book.course(line.row), courseRoom)
      for (const row of cells) write(row, book)
    }
    for (const { canvas, row } of cells) drawLine(canvas, book.course(row), courseRoom)
    paint()
    const timer = setInterval(paint, 100)
    return () => clearInterval(timer)
  }, [book, key])
}

function cellsOf(element: HTMLElement, book: Book): Cells[] {
  const row = book.rowOf(element.dataset.symbol ?? '')
  const cell = (name: string) => element.querySelector<HTMLElement>(`[data-cell=${name}]`)!
  const canvas = element.querySelector('canvas')!
  if (row === undefined) return []
  return [
    {
      row,
      canvas,
      shown: Number.NaN,
      price: cell('price'),
      change: cell('change'),
      average: cell('average'),
      strength: cell('strength'),
    },
  ]
}

function write(cells: Cells, book: Book): void {
  const { row } = cells
  const price = book.prices[row]!
  if (price === cells.shown) return
  cells.price.textContent = price.toFixed(2)
  cells.price.dataset.way = price > cells.shown ? 'up' : price < cells.shown ? 'down' : ''
  cells.shown = price
  const change = book.changes[row]!
  cells.change.textContent = `${change < 0 ? '−' : '+'}${Math.abs(change).toFixed(2)} %`
  cells.change.dataset.way = change < 0 ? 'down' : 'up'
  cells.average.textContent = book.averages[row]!.toFixed(2)
  cells.strength.textContent = book.strengths[row]!.toFixed(0)
}
