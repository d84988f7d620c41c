/** The marks that tanks leave on the paper, until they have dried away. */
import type { Snapshot } from '../../server/arena.js'

const seconds = 5
const step = 7
/** Marks of about the same age are drawn in one go. */
const shades = 5

interface Mark {
  readonly x: number
  readonly y: number
  readonly angle: number
  readonly at: number
}

export class Treads {
  /** Oldest first. */
  #marks: Mark[] = []
  readonly #last = new Map<number, Mark>()

  follow({ tanks }: Snapshot): void {
    const at = performance.now()
    for (const [number, x, y, angle, , , absent] of tanks) {
      const last = this.#last.get(number)
      const far = last ? Math.hypot(x - last.x, y - last.y) : Number.POSITIVE_INFINITY
      if (absent > 0 || far < step) continue
      const mark = { x, y, angle, at }
      this.#last.set(number, mark)
      this.#marks.push(mark)
    }
    const first = this.#marks.findIndex((mark) => at - mark.at < seconds * 1000)
    if (first !== 0) this.#marks = first < 0 ? [] : this.#marks.slice(first)
    if (this.#last.size > 4 * tanks.length + 20) this.#last.clear()
  }

  draw(context: CanvasRenderingContext2D, colour: string): void {
    const now = performance.now()
    context.strokeStyle = colour
    context.lineWidth = 2.5
    for (let shade = 0; shade < shades; shade++) {
      context.globalAlpha = 1 - shade / shades
      context.beginPath()
      for (const { x, y, angle, at } of this.#marks) {
        if (Math.floor(((now - at) / 1000 / seconds) * shades) !== shade) continue
        const [cos, sin] = [Math.cos(angle), Math.sin(angle)]
        for (const side of [-11, 11]) {
          const [left, top] = [x - sin * side, y + cos * side]
          context.moveTo(left - sin * 3, top + cos * 3)
          context.lineTo(left + sin * 3, top - cos * 3)
        }
      }
      context.stroke()
    }
    context.globalAlpha = 1
  }
}
