/** What does not move: squared paper, and walls, hatched as on a plan. */
import { ground, walls } from '../../server/ground.js'
import type { Colours } from './figures.js'

const square = 40
const hatch = 9

/** Drawn once for each size and theme. */
export function drawGround(context: CanvasRenderingContext2D, scale: number, { sheet, line, ink }: Colours): void {
  context.setTransform(scale, 0, 0, scale, 0, 0)
  context.fillStyle = sheet
  context.fillRect(0, 0, ground.width, ground.height)
  context.strokeStyle = line
  context.lineWidth = 1 / scale
  context.globalAlpha = 0.6
  context.beginPath()
  for (let x = square; x < ground.width; x += square) lineTo(context, x, 0, x, ground.height)
  for (let y = square; y < ground.height; y += square) lineTo(context, 0, y, ground.width, y)
  context.stroke()
  context.globalAlpha = 1
  context.strokeStyle = ink
  for (const { x, y, width, height } of walls) {
    context.fillStyle = sheet
    context.fillRect(x, y, width, height)
    context.save()
    context.beginPath()
    context.rect(x, y, width, height)
    context.clip()
    context.beginPath()
    for (let at = -height; at < width; at += hatch) lineTo(context, x + at, y + height, x + at + height, y)
    context.lineWidth = 1.2
    context.stroke()
    context.restore()
    context.lineWidth = 2
    context.strokeRect(x, y, width, height)
  }
}

function lineTo(context: CanvasRenderingContext2D, x: number, y: number, toX: number, toY: number): void {
  context.moveTo(x, y)
  context.lineTo(toX, toY)
}
