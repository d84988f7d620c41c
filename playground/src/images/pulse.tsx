/** The pulse of this page: a bar for each frame, as high as it took; and a mark that swings, if motion is wanted. */
import { useEffect, useRef } from 'preact/hooks'
import { penOf } from '../parts/canvas.js'

const [room, mostMs, longMs] = [240, 250, 50]
/** Each frame is measured; to draw it as often would take from the worker where there are two processors for all. */
const drawMs = navigator.hardwareConcurrency > 2 ? 30 : 60

export function Pulse() {
  const canvas = useRef<HTMLCanvasElement>(null)
  useEffect(() => (canvas.current ? beat(canvas.current) : undefined), [])
  return (
    <figure class="pulse">
      <canvas ref={canvas} role="img" aria-label="How long each of the last frames of this page took" />
      <figcaption>A bar for each frame that this page draws. A high one: the page stood still.</figcaption>
    </figure>
  )
}

function beat(canvas: HTMLCanvasElement): () => void {
  const gaps: number[] = []
  const isCalm = matchMedia('(prefers-reduced-motion: reduce)')
  let before = performance.now()
  let shownAt = 0
  const frame = (now: number) => {
    gaps.push(now - before)
    if (gaps.length > room) gaps.shift()
    before = now
    if (now - shownAt > (isCalm.matches ? 1000 : drawMs)) {
      draw(canvas, gaps, isCalm.matches ? undefined : now)
      shownAt = now
    }
    next = requestAnimationFrame(frame)
  }
  let next = requestAnimationFrame(frame)
  return () => cancelAnimationFrame(next)
}

function draw(canvas: HTMLCanvasElement, gaps: readonly number[], now: number | undefined): void {
  const pen = penOf(canvas)
  if (!pen) return
  const { context, width, height, colour } = pen
  const [quick, long] = [colour('quiet'), colour('bad')]
  const step = width / room
  gaps.forEach((ms, i) => {
    const high = Math.max(2, (Math.min(ms, mostMs) / mostMs) * (height - 18))
    context.fillStyle = ms > longMs ? long : quick
    context.fillRect((room - gaps.length + i) * step, height - high, Math.max(1, step - 1), high)
  })
  if (now === undefined) return
  context.fillStyle = colour('accent')
  context.beginPath()
  context.arc(width / 2 + (width / 2 - 8) * Math.sin(now / 700), 8, 6, 0, 7)
  context.fill()
}
