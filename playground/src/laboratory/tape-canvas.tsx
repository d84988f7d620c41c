/** A tape on the page, drawn ten times a second; once, if the visitor wants no motion. */
import './tape.css'
import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { isDark } from '../shell/theme.js'
import { useValue } from '../shell/value.js'
import { type Tape, tapeSeconds } from './tape.js'

interface Props {
  readonly tape: Tape
  readonly now: () => number
  readonly label?: string
}

const calm = matchMedia('(prefers-reduced-motion: reduce)')

export function TapeCanvas({ tape, now, label }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null)
  const dark = useValue(isDark)
  useDrawing(() => canvas.current && tape.draw(canvas.current, now()), [tape, dark])
  return <canvas class="tape" ref={canvas} role={label ? 'img' : undefined} aria-label={label} />
}

export const TapeLegend = ({ children }: { readonly children?: ComponentChildren }) => (
  <p class="tape-legend">
    The last {tapeSeconds} seconds, now at the right: <span class="in-time">came in time</span>,{' '}
    <span class="late">came late</span>, <span class="gone">will not come</span>. {children}
  </p>
)

/** Draws now, and again and again as long as the component is shown. */
export function useDrawing(draw: () => unknown, anew: readonly unknown[]): void {
  useEffect(() => {
    draw()
    const timer = setInterval(draw, calm.matches ? 1000 : 100)
    return () => clearInterval(timer)
  }, anew)
}
