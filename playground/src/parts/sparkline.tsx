/** A line of the newest values, drawn in the colour of the text around it. */
import { useEffect, useRef } from 'preact/hooks'
import { penOf } from './canvas.js'

interface Props {
  readonly values: readonly number[]
  /** How many values fill the width. */
  readonly room: number
  readonly least?: number | undefined
  readonly most?: number | undefined
}

export function Sparkline({ values, room, least, most }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null)
  useEffect(() => {
    if (canvas.current) drawLine(canvas.current, values, room, least, most)
  })
  return <canvas class="sparkline" ref={canvas} />
}

/** Draws the newest values at the right; the scale is that of the values unless it is given. */
export function drawLine(
  canvas: HTMLCanvasElement,
  values: ArrayLike<number>,
  room: number,
  least = Math.min(...Array.from(values)),
  most = Math.max(...Array.from(values)),
): void {
  const pen = penOf(canvas)
  if (!pen) return
  const { context, width, height } = pen
  context.beginPath()
  const span = most - least || 1
  const x = (i: number) => width - 2 - ((values.length - 1 - i) * (width - 4)) / Math.max(1, room - 1)
  const y = (value: number) => height - 2 - ((value - least) / span) * (height - 4)
  for (let i = 0; i < values.length; i++) context.lineTo(x(i), y(values[i]!))
  context.strokeStyle = getComputedStyle(canvas).color
  context.lineWidth = 1.5
  context.lineJoin = 'round'
  context.stroke()
  const last = values[values.length - 1]
  if (last === undefined) return
  context.fillStyle = context.strokeStyle
  context.beginPath()
  context.arc(x(values.length - 1), y(last), 2, 0, 7)
  context.fill()
}
