/** The last values of something as a small line. */

export class Sparkline {
  #canvas
  #values = /** @type {number[]} */ ([])
  #most
  #top
  #due = false

  /**
   * @param {HTMLCanvasElement} canvas drawn in its CSS colour
   * @param {number} most how many values are shown
   * @param {number} [top] the value at the upper edge; without it the largest one shown
   */
  constructor(canvas, most, top) {
    this.#canvas = canvas
    this.#most = most
    this.#top = top
  }

  /** @param {number} value */
  add(value) {
    this.#values.push(value)
    if (this.#values.length > this.#most) this.#values.shift()
    if (this.#due) return
    this.#due = true
    requestAnimationFrame(() => this.#draw())
  }

  #draw() {
    this.#due = false
    const canvas = this.#canvas
    const { clientWidth: width, clientHeight: height } = canvas
    const scale = devicePixelRatio
    canvas.width = width * scale
    canvas.height = height * scale
    const pen = canvas.getContext('2d')
    if (!pen) return
    const top = this.#top ?? Math.max(...this.#values, 1)
    const step = width / (this.#most - 1)
    const start = this.#most - this.#values.length
    pen.scale(scale, scale)
    pen.strokeStyle = pen.fillStyle = getComputedStyle(canvas).color
    pen.lineWidth = 1.5
    pen.lineJoin = 'round'
    pen.beginPath()
    this.#values.forEach((value, i) => {
      pen.lineTo((start + i) * step, height - 1 - (height - 3) * Math.min(1, value / top))
    })
    pen.stroke()
    pen.lineTo(width, height)
    pen.lineTo(start * step, height)
    pen.globalAlpha = 0.12
    pen.fill()
  }
}
