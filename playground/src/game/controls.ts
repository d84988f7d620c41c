/** Keys, stick and button, made into one wish: where to drive, and whether to fire. */
export type Want = (heading: number | null, fire: boolean) => void

const ways: Readonly<Record<string, readonly [x: number, y: number]>> = {
  ArrowUp: [0, -1],
  KeyW: [0, -1],
  ArrowDown: [0, 1],
  KeyS: [0, 1],
  ArrowLeft: [-1, 0],
  KeyA: [-1, 0],
  ArrowRight: [1, 0],
  KeyD: [1, 0],
}

export class Controls {
  readonly #want: Want
  readonly #held = new Set<string>()
  #stick: number | null = null
  #button = false

  constructor(want: Want) {
    this.#want = want
  }

  /** A key by its place on the keyboard (`event.code`); answers whether the game uses it. */
  key(code: string, down: boolean): boolean {
    if (!(code in ways) && code !== 'Space') return false
    if (down) this.#held.add(code)
    else this.#held.delete(code)
    this.#tell()
    return true
  }

  /** Where the stick points, in radians; null when it is let go. */
  stick(heading: number | null): void {
    this.#stick = heading
    this.#tell()
  }

  button(down: boolean): void {
    this.#button = down
    this.#tell()
  }

  release(): void {
    this.#held.clear()
    this.#stick = null
    this.#button = false
    this.#tell()
  }

  #tell(): void {
    let [x, y] = [0, 0]
    for (const code of this.#held) {
      x += ways[code]?.[0] ?? 0
      y += ways[code]?.[1] ?? 0
    }
    const heading = x || y ? Math.atan2(y, x) : this.#stick
    this.#want(heading, this.#button || this.#held.has('Space'))
  }
}
