/** The tiles at the top: the newest value of each figure, and how it went. Fed by whichever transport is first. */
import { element, fromTemplate } from './dom.js'
import { Sparkline } from './sparkline.js'

/** @typedef {{ figure: string, value: number, unit: string, most?: number, detail: string, number: number, at: number }} Figure */

const seconds = 120

export class Figures {
  #place
  #tiles = /** @type {Map<string, ReturnType<typeof tile>>} */ (new Map())
  #last = 0

  /** @param {HTMLElement} place */
  constructor(place) {
    this.#place = place
  }

  /** Shows what is newer than what is shown. @param {readonly Figure[]} figures */
  show(figures) {
    for (const figure of figures) {
      if (figure.number <= this.#last) continue
      this.#last = figure.number
      this.#tileOf(figure).show(figure)
    }
  }

  /** The server has begun to count anew. */
  forget() {
    this.#last = 0
  }

  /** @param {Figure} figure */
  #tileOf(figure) {
    const known = this.#tiles.get(figure.figure)
    if (known) return known
    const made = tile(figure)
    this.#tiles.set(figure.figure, made)
    this.#place.append(made.root)
    return made
  }
}

/** @param {Figure} first */
function tile(first) {
  const root = fromTemplate('figure')
  element(root, 'h3').textContent = first.figure === 'cpu' ? 'CPU' : first.figure
  const line = new Sparkline(/** @type {HTMLCanvasElement} */ (element(root, 'canvas')), seconds, first.most)
  return {
    root,
    /** @param {Figure} figure */
    show({ value, unit, detail }) {
      element(root, '.value b').textContent = value.toFixed(value < 10 ? 2 : 1)
      element(root, '.value span').textContent = unit
      element(root, '.detail').textContent = detail
      line.add(value)
    },
  }
}
