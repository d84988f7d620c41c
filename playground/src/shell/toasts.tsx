/** Short notices at the edge of the page: for errors, and for what changed without being asked. */
import { useValue, Value } from './value.js'

interface Toast {
  readonly number: number
  readonly text: string
}

const shownMs = 8000
const most = 3
const toasts = new Value<readonly Toast[]>([])
let number = 0

const drop = (gone: number) => toasts.set(toasts.value.filter((one) => one.number !== gone))

export function toast(text: string): void {
  if (toasts.value.some((one) => one.text === text)) return
  const made = { number: ++number, text }
  toasts.set([...toasts.value, made].slice(-most))
  setTimeout(() => drop(made.number), shownMs)
}

export function Toasts() {
  return (
    <div class="toasts" role="alert">
      {useValue(toasts).map(({ number, text }) => (
        <div class="toast" key={number}>
          <p>{text}</p>
          <button type="button" class="bare" aria-label="Dismiss this notice" onClick={() => drop(number)}>
            ×
          </button>
        </div>
      ))}
    </div>
  )
}
