/** Fingers on the board, and a mouse that moves it: one moves what is shown, two zoom it too. */
import { type Camera, type Place, panned, zoomed } from './view.js'

export class Fingers {
  /** Where each is, in pixels of the window, by the id of its pointer. */
  readonly #places = new Map<number, Place>()

  get count(): number {
    return this.#places.size
  }

  put(pointer: number, place: Place): void {
    this.#places.set(pointer, place)
  }

  lift(pointer: number): void {
    this.#places.delete(pointer)
  }

  /** What was under the fingers stays under them. */
  steer(pointer: number, now: Place, camera: Camera): void {
    const before = this.#places.get(pointer)
    if (!before) return
    const [other] = [...this.#places].flatMap(([id, place]) => (id === pointer ? [] : [place]))
    this.#places.set(pointer, now)
    const share = other ? 0.5 : 1
    const step = { x: (now.x - before.x) * share, y: (now.y - before.y) * share }
    const factor = other ? far(now, other) / Math.max(1, far(before, other)) : 1
    const middle = other ? { x: (now.x + other.x) / 2, y: (now.y + other.y) / 2 } : now
    camera.move((view) => zoomed(panned(view, step), factor, middle))
  }
}

const far = (a: Place, b: Place) => Math.hypot(a.x - b.x, a.y - b.y)
