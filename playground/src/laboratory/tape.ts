/** The tape of a lane: for each tenth of a second, whether what was published then has come, came late, or will not come. */
import { penOf } from '../parts/canvas.js'

export const tapeSeconds = 30
const cellMs = 100
const cells = (tapeSeconds * 1000) / cellMs
/** From here on a message is late. */
const lateMs = 1_000

type Mark = 'in-time' | 'late' | 'gone'

export class Tape {
  /** By the number of the cell since 1970. */
  readonly #marks = new Map<number, Mark>()
  #last: number | undefined

  /** A message that was published at `at` is here. A cell tells of the worst in it. */
  add(at: number, now: number): void {
    const cell = Math.floor(at / cellMs)
    const late = now - at > lateMs
    if (!this.#marks.has(cell) || (late && this.#marks.get(cell) === 'in-time'))
      this.#marks.set(cell, late ? 'late' : 'in-time')
    this.#last = Math.max(this.#last ?? at, at)
  }

  /** What was published between two messages will not come. */
  gone(from: number, to: number): void {
    const first = Math.max(Math.floor(from / cellMs) + 1, Math.floor(to / cellMs) - cells)
    for (let cell = first; cell < Math.floor(to / cellMs); cell++) this.#marks.set(cell, 'gone')
  }

  /** Draws the newest thirty seconds, now at the right, in the colours of the canvas. */
  draw(canvas: HTMLCanvasElement, now: number): void {
    const pen = penOf(canvas)
    if (!pen) return
    const { context, width, height, colour } = pen
    const first = Math.floor(now / cellMs) - cells
    const x = (at: number) => width + ((at - now) * width) / (tapeSeconds * 1000)
    const size = Math.max(1.2, (width / cells) * 0.8)
    const colours: Record<Mark, string> = { 'in-time': colour('accent'), late: colour('wait'), gone: colour('bad') }
    context.fillStyle = colour('line')
    for (let second = 0; second < tapeSeconds; second += 5)
      context.fillRect(x(now - (now % 5000) - second * 1000), 0, 1, height)
    for (const [cell, mark] of this.#marks) {
      if (cell < first) this.#marks.delete(cell)
      context.fillStyle = colours[mark]
      if (mark === 'gone') context.fillRect(x(cell * cellMs), height / 2 - 1, size + 1, 2)
      else context.fillRect(x(cell * cellMs), 3, size, height - 6)
    }
    if (this.#last === undefined || this.#last < now - tapeSeconds * 1000) return
    context.fillStyle = colour('ink')
    context.fillRect(x(this.#last) - 1, 0, 2, height)
  }
}
