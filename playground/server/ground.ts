/** The ground of the game: how large it is, where its walls stand, and what they are in the way of. Lengths are in units. */
export const ground = { width: 1120, height: 700 }
export const tankRadius = 18

export interface Point {
  readonly x: number
  readonly y: number
}

export interface Wall extends Point {
  readonly width: number
  readonly height: number
}

export const walls: readonly Wall[] = [
  { x: 170, y: 146, width: 26, height: 144 },
  { x: 170, y: 120, width: 150, height: 26 },
  { x: 800, y: 554, width: 150, height: 26 },
  { x: 924, y: 410, width: 26, height: 144 },
  { x: 830, y: 130, width: 130, height: 26 },
  { x: 160, y: 544, width: 130, height: 26 },
  { x: 420, y: 210, width: 26, height: 110 },
  { x: 674, y: 380, width: 26, height: 110 },
  { x: 515, y: 337, width: 90, height: 26 },
  { x: 515, y: 100, width: 90, height: 26 },
  { x: 515, y: 574, width: 90, height: 26 },
]

/** The nearest place where a tank may stand: outside the walls, inside the ground. */
export function free(wanted: Point): Point {
  // In a corner the way out of one wall leads into the other: a second round leads out of both.
  const { x, y } = [...walls, ...walls].reduce(outside, wanted)
  return {
    x: clamp(x, tankRadius, ground.width - tankRadius),
    y: clamp(y, tankRadius, ground.height - tankRadius),
  }
}

function outside(at: Point, { x, y, width, height }: Wall): Point {
  const near = { x: clamp(at.x, x, x + width), y: clamp(at.y, y, y + height) }
  const distance = Math.hypot(at.x - near.x, at.y - near.y)
  if (distance >= tankRadius) return at
  if (distance > 0) {
    const share = tankRadius / distance
    return { x: near.x + (at.x - near.x) * share, y: near.y + (at.y - near.y) * share }
  }
  const sides = [
    { x: x - tankRadius, y: at.y },
    { x: x + width + tankRadius, y: at.y },
    { x: at.x, y: y - tankRadius },
    { x: at.x, y: y + height + tankRadius },
  ]
  const way = (side: Point) => Math.abs(side.x - at.x) + Math.abs(side.y - at.y)
  return sides.reduce((best, side) => (way(side) < way(best) ? side : best))
}

/** Whether nothing stands between two places. */
export const sees = (from: Point, to: Point) => !walls.some((wall) => crosses(wall, from, to))

/** Whether something as small as a shell can be there. */
export const isOpen = ({ x, y }: Point) =>
  x > 0 &&
  y > 0 &&
  x < ground.width &&
  y < ground.height &&
  !walls.some((wall) => x > wall.x && x < wall.x + wall.width && y > wall.y && y < wall.y + wall.height)

/** Whether the line between two places goes through a wall: what remains of it between the wall's sides is not empty. */
function crosses({ x, y, width, height }: Wall, from: Point, to: Point): boolean {
  let [first, last] = [0, 1]
  for (const [start, step, low, high] of [
    [from.x, to.x - from.x, x, x + width],
    [from.y, to.y - from.y, y, y + height],
  ] as const) {
    if (step === 0 && (start <= low || start >= high)) return false
    if (step === 0) continue
    const [one, other] = [(low - start) / step, (high - start) / step]
    first = Math.max(first, Math.min(one, other))
    last = Math.min(last, Math.max(one, other))
  }
  return first < last
}

export const clamp = (value: number, least: number, most: number) => Math.min(most, Math.max(least, value))

/** How far to turn from one angle to another, the shorter way: from -π to π. */
export function turnBetween(from: number, to: number): number {
  const turn = (to - from) % (2 * Math.PI)
  return turn > Math.PI ? turn - 2 * Math.PI : turn < -Math.PI ? turn + 2 * Math.PI : turn
}
