/** For thumbs: a stick that drives where it points, and a button that fires. */
import { useRef } from 'preact/hooks'
import type { Controls } from './controls.js'

/** Pixels from the middle below which the stick means nothing, and how far its knob goes. */
const dead = 10
const reach = 38

export function Touch({ controls }: { readonly controls: Controls }) {
  const knob = useRef<HTMLSpanElement>(null)
  const place = (x: number, y: number) => {
    if (knob.current) knob.current.style.transform = `translate(${x}px, ${y}px)`
  }
  const move = (event: PointerEvent) => {
    const stick = event.currentTarget as HTMLElement
    if (event.type === 'pointerdown') stick.setPointerCapture(event.pointerId)
    if (!stick.hasPointerCapture(event.pointerId)) return
    const { left, top, width, height } = stick.getBoundingClientRect()
    const [x, y] = [event.clientX - left - width / 2, event.clientY - top - height / 2]
    const far = Math.hypot(x, y)
    const share = Math.min(1, reach / (far || 1))
    place(x * share, y * share)
    controls.stick(far < dead ? null : Math.atan2(y, x))
  }
  const letGo = () => {
    place(0, 0)
    controls.stick(null)
  }
  return (
    <div class="touch">
      <div
        class="stick"
        aria-hidden="true"
        onPointerDown={move}
        onPointerMove={move}
        onPointerUp={letGo}
        onPointerCancel={letGo}
      >
        <span ref={knob} />
      </div>
      <button
        type="button"
        class="fire"
        onPointerDown={() => controls.button(true)}
        onPointerUp={() => controls.button(false)}
        onPointerCancel={() => controls.button(false)}
        onPointerLeave={() => controls.button(false)}
        onContextMenu={(event) => event.preventDefault()}
      >
        Fire
      </button>
    </div>
  )
}
