/** Light, dark, or as the system has it. */
import { useValue, Value } from './value.js'

const themes = ['auto', 'light', 'dark'] as const
type Theme = (typeof themes)[number]

const labels: Record<Theme, string> = { auto: '◐', light: '○', dark: '●' }
const saved = themes.find((theme) => theme === localStorage.getItem('theme'))

/** What was chosen. */
const theme = new Value<Theme>(saved ?? 'auto')
const system = matchMedia('(prefers-color-scheme: dark)')
const resolved = () => (theme.value === 'auto' ? system.matches : theme.value === 'dark')

/** Whether it is dark: for what is drawn, and has to be drawn anew. */
export const isDark = new Value(resolved())

export function followTheme(): void {
  const apply = (chosen: Theme) => {
    localStorage.setItem('theme', chosen)
    document.documentElement.dataset.theme = chosen
    isDark.set(resolved())
  }
  apply(theme.value)
  theme.subscribe(apply)
  system.addEventListener('change', () => isDark.set(resolved()))
}

export function ThemeButton() {
  const chosen = useValue(theme)
  const next = themes[(themes.indexOf(chosen) + 1) % themes.length]!
  return (
    <button
      type="button"
      class="bare theme"
      aria-label={`Theme: ${chosen}. Change to ${next}`}
      title={`Theme: ${chosen}`}
      onClick={() => theme.set(next)}
    >
      <span aria-hidden="true">{labels[chosen]}</span>
    </button>
  )
}
