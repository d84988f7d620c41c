/** One shape, drawn. */
import type { ShapeData } from './shapes.js'

export function labelOf({ kind, colour, x, y, text }: ShapeData): string {
  return `${colour} ${kind}${text ? ` “${text}”` : ''} at ${x}, ${y}`
}

export function Drawn({ shape }: { readonly shape: ShapeData }) {
  const { kind, width, height, points = [], text, href } = shape
  switch (kind) {
    case 'box':
      return <rect width={width} height={height} rx="3" />
    case 'oval':
      return <ellipse cx={width / 2} cy={height / 2} rx={width / 2} ry={height / 2} />
    case 'note':
      return (
        <>
          <rect class="hit" width={width} height={height} />
          <foreignObject width={width} height={height}>
            <p class="words" dir="auto">
              {text}
            </p>
          </foreignObject>
        </>
      )
    case 'picture':
      return <image href={href} width={width} height={height} preserveAspectRatio="none" />
    case 'stroke':
      return (
        <>
          <path class="hit" d={pathOf(points)} />
          <path d={pathOf(points)} />
        </>
      )
  }
}

/** Through the middle of each two points, so that it bends and has no corners. */
function pathOf(points: readonly number[]): string {
  const [x = 0, y = 0] = points
  let path = `M${x} ${y}`
  for (let i = 2; i + 3 < points.length; i += 2) {
    const [x1, y1, x2, y2] = points.slice(i, i + 4) as [number, number, number, number]
    path += `Q${x1} ${y1} ${(x1 + x2) / 2} ${(y1 + y2) / 2}`
  }
  return `${path}L${points.at(-2) ?? x} ${points.at(-1) ?? y}`
}
