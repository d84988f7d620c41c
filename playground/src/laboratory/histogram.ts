/** Draws how long messages took: two bars for each doubling, the shortest at the left. */

import { penOf } from '../parts/canvas.js'
import { bars } from './delays.js'

export function drawHistogram(canvas: HTMLCanvasElement, counts: Uint32Array): void {
  const pen = penOf(canvas)
  if (!pen) return
  const { context, width, height, colour } = pen
  const most = Math.max(1, ...counts)
  const step = width / bars
  context.fillStyle = colour('line')
  context.fillRect(0, height - 1, width, 1)
  context.fillStyle = colour('accent')
  counts.forEach((count, bar) => {
    const size = count === 0 ? 0 : Math.max(1.5, (count / most) * (height - 2))
    context.fillRect(bar * step, height - 1 - size, Math.max(1, step - 1), size)
  })
}
