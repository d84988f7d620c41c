/** What moves: tanks with their names, shells, and what is left where a tank was. */
import { fullHealth, type ShellState, type TankState } from '../../server/arena.js'
import { tankRadius } from '../../server/ground.js'

export interface Colours {
  readonly sheet: string
  readonly line: string
  readonly ink: string
  readonly quiet: string
  readonly accent: string
  readonly bad: string
  readonly font: string
}

export function coloursOf(element: Element): Colours {
  const style = getComputedStyle(element)
  const token = (name: string) => style.getPropertyValue(`--${name}`).trim()
  const [sheet, line, ink, quiet] = ['sheet', 'line', 'ink', 'quiet'].map(token) as [string, string, string, string]
  return { sheet, line, ink, quiet, accent: token('accent'), bad: token('bad'), font: style.fontFamily }
}

export type Kind = 'mine' | 'other' | 'bot'

export function drawTank(
  context: CanvasRenderingContext2D,
  [, x, y, hull, turret, health]: TankState,
  kind: Kind,
  name: string,
  { sheet, ink, quiet, accent, bad, font }: Colours,
): void {
  const stroke = kind === 'mine' ? accent : ink
  const fill = kind === 'bot' ? sheet : stroke
  context.lineWidth = 2
  context.strokeStyle = stroke
  context.save()
  context.translate(x, y)
  context.rotate(hull)
  context.fillStyle = stroke
  for (const side of [-14, 8]) context.fillRect(-17, side, 34, 6)
  context.fillStyle = fill
  context.fillRect(-15, -9, 30, 18)
  context.strokeRect(-15, -9, 30, 18)
  context.rotate(turret - hull)
  context.fillStyle = kind === 'bot' ? ink : sheet
  context.strokeStyle = kind === 'bot' ? ink : sheet
  context.fillRect(4, -2.5, 19, 5)
  // The barrel reaches beyond the hull, where it stands on paper.
  context.fillStyle = stroke
  context.fillRect(15, -2.5, 10, 5)
  context.fillStyle = fill
  context.beginPath()
  context.arc(0, 0, 7.5, 0, 7)
  context.fill()
  context.stroke()
  context.restore()
  for (let i = 0; i < fullHealth; i++) {
    context.fillStyle = i < health ? (health === 1 ? bad : stroke) : sheet
    context.strokeStyle = health === 1 ? bad : stroke
    context.lineWidth = 1
    context.beginPath()
    context.rect(x - 14 + i * 10, y - tankRadius - 12, 8, 4)
    context.fill()
    context.stroke()
  }
  context.font = `${kind === 'mine' ? 650 : 450} 15px ${font}`
  context.textAlign = 'center'
  context.lineWidth = 4
  context.strokeStyle = sheet
  context.strokeText(name, x, y + tankRadius + 19)
  context.fillStyle = kind === 'mine' ? accent : kind === 'bot' ? quiet : ink
  context.fillText(name, x, y + tankRadius + 19)
}

export function drawShell(context: CanvasRenderingContext2D, [, x, y, angle]: ShellState, ink: string): void {
  context.strokeStyle = ink
  context.lineWidth = 4
  context.lineCap = 'round'
  context.beginPath()
  context.moveTo(x, y)
  context.lineTo(x - Math.cos(angle) * 3, y - Math.sin(angle) * 3)
  context.stroke()
  context.lineCap = 'butt'
  context.lineWidth = 1
  context.beginPath()
  context.moveTo(x, y)
  context.lineTo(x - Math.cos(angle) * 20, y - Math.sin(angle) * 20)
  context.stroke()
}

/** `age` from 0 to 1. It is made of nothing but the snapshot: who comes late sees it as far gone as it is. */
export function drawBlast(
  context: CanvasRenderingContext2D,
  [, x, y]: TankState,
  age: number,
  calm: boolean,
  { ink, bad }: Colours,
): void {
  context.save()
  context.translate(x, y)
  context.lineWidth = 2
  context.strokeStyle = ink
  context.globalAlpha = 1 - age
  context.beginPath()
  for (const way of [-1, 1]) {
    context.moveTo(-9, -9 * way)
    context.lineTo(9, 9 * way)
  }
  context.stroke()
  const burst = age / 0.35
  if (!calm && burst < 1) {
    context.strokeStyle = bad
    context.globalAlpha = 1 - burst
    context.lineWidth = 3 * (1 - burst) + 0.5
    context.beginPath()
    context.arc(0, 0, 12 + 34 * Math.sqrt(burst), 0, 7)
    for (let ray = 0; ray < 10; ray++) {
      const angle = (ray * Math.PI) / 5 + 0.3
      const [near, far] = [14 + 40 * burst, 20 + 52 * Math.sqrt(burst)]
      context.moveTo(Math.cos(angle) * near, Math.sin(angle) * near)
      context.lineTo(Math.cos(angle) * far, Math.sin(angle) * far)
    }
    context.stroke()
  }
  context.restore()
}
