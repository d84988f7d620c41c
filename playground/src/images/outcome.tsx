/** What a job has made of the picture: another picture, curves, or colours. */
import { useLayoutEffect, useRef } from 'preact/hooks'
import type { Histogram } from './work/histogram.js'
import type { Colour } from './work/palette.js'
import type { Picture } from './work/picture.js'

export type Outcome =
  | { readonly kind: 'picture'; readonly picture: Picture }
  | { readonly kind: 'histogram'; readonly histogram: Histogram }
  | { readonly kind: 'palette'; readonly colours: readonly Colour[] }

export function Shown({ outcome }: { readonly outcome: Outcome | undefined }) {
  if (outcome === undefined) return <p class="nothing">Nothing has been made of it yet.</p>
  if (outcome.kind === 'palette') return <Colours colours={outcome.colours} />
  if (outcome.kind === 'histogram') return <Curves histogram={outcome.histogram} />
  return <Pixels picture={outcome.picture} label="The picture as the job has made it" />
}

export function Pixels({ picture, label }: { readonly picture: Picture; readonly label: string }) {
  const canvas = useRef<HTMLCanvasElement>(null)
  const { data, width, height } = picture
  // With what says that it is done, not a frame later.
  useLayoutEffect(() => {
    canvas.current?.getContext('2d')?.putImageData(new ImageData(data, width, height), 0, 0)
  }, [data])
  return <canvas class="pixels" ref={canvas} width={width} height={height} role="img" aria-label={label} />
}

function Colours({ colours }: { readonly colours: readonly Colour[] }) {
  return (
    <ul class="colours">
      {colours.map(({ red, green, blue, share }) => (
        <li key={`${red} ${green} ${blue}`}>
          <span class="swatch" style={{ backgroundColor: `rgb(${red} ${green} ${blue})` }} />
          <code>#{[red, green, blue].map((value) => value.toString(16).padStart(2, '0')).join('')}</code>
          <span>{(share * 100).toFixed(1)} %</span>
        </li>
      ))}
    </ul>
  )
}

const curves = [
  ['red', '#d24a43'],
  ['green', '#3f9a5f'],
  ['blue', '#5a6bea'],
] as const

function Curves({ histogram }: { readonly histogram: Histogram }) {
  const canvas = useRef<HTMLCanvasElement>(null)
  useLayoutEffect(() => {
    const context = canvas.current?.getContext('2d')
    if (!context) return
    const [width, height] = [768, 480]
    const most = Math.max(...curves.flatMap(([name]) => [...histogram[name]].sort((a, b) => b - a).slice(3, 4)))
    context.clearRect(0, 0, width, height)
    context.globalAlpha = 0.6
    for (const [name, colour] of curves) {
      context.fillStyle = colour
      histogram[name].forEach((count, value) => {
        const high = Math.min(1, count / most) * height
        context.fillRect(value * 3, height - high, 3, high)
      })
    }
  }, [histogram])
  return <canvas class="pixels" ref={canvas} width={768} height={480} role="img" aria-label={described(histogram)} />
}

function described({ light }: Histogram): string {
  const pixels = light.reduce((sum, count) => sum + count, 0)
  const mean = light.reduce((sum, count, value) => sum + count * value, 0) / Math.max(1, pixels)
  return `How often each value of red, green and blue occurs; the mean light is ${mean.toFixed(0)} of 255`
}
