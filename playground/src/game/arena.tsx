/** The arena on the screen: drawn with every frame, steered by keys while it has the focus. */
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks'
import { fullHealth } from '../../server/arena.js'
import type { Player } from '../channels.js'
import { isDark } from '../shell/theme.js'
import { useValue } from '../shell/value.js'
import type { Match } from './match.js'
import { Painter } from './painter.js'

interface Props {
  readonly match: Match
  readonly players: ReadonlyMap<string, Player>
}

export function Arena({ match, players }: Props) {
  const box = useRef<HTMLDivElement>(null)
  const canvas = useRef<HTMLCanvasElement>(null)
  const known = useRef(players)
  known.current = players
  const dark = useValue(isDark)
  const playing = useValue(match.playing)
  useLayoutEffect(() => {
    if (playing) box.current?.focus({ preventScroll: true })
  }, [playing])
  useEffect(() => {
    const { current: element } = canvas
    if (!element) return
    const painter = new Painter(element)
    const size = new ResizeObserver(() => painter.fit())
    size.observe(element)
    const calm = matchMedia('(prefers-reduced-motion: reduce)')
    let before = performance.now()
    let frame = requestAnimationFrame(function draw(now) {
      const world = match.world.playback.advance(now - before)
      before = now
      if (world) painter.draw({ world, players: known.current, mine: match.tank, calm: calm.matches })
      frame = requestAnimationFrame(draw)
    })
    return () => {
      cancelAnimationFrame(frame)
      size.disconnect()
    }
  }, [match, dark])
  const key = (event: KeyboardEvent, down: boolean) => {
    const plain = !(event.ctrlKey || event.metaKey || event.altKey)
    if (playing && plain && match.controls.key(event.code, down)) event.preventDefault()
  }
  return (
    <div
      ref={box}
      class="arena"
      role="application"
      aria-label="The arena. Arrow keys drive, space fires."
      aria-describedby="arena-keys"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what has the keys needs the focus
      tabIndex={0}
      onKeyDown={(event) => key(event, true)}
      onKeyUp={(event) => key(event, false)}
      onBlur={() => match.controls.release()}
    >
      <canvas ref={canvas} role="img" aria-label={`Tanks in an arena. Each has ${fullHealth} lives, told above it.`} />
    </div>
  )
}
