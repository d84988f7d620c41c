/** Where each page was left: back and forward lead to the same place of it. */

const key = 'places'
/** How long a page may take to become as long as it was. */
const patienceMs = 10_000

/** How far one had scrolled, by the number of the entry in the history. */
const places = new Map<number, number>(JSON.parse(sessionStorage.getItem(key) ?? '[]'))
const entry = (): number => history.state?.entry ?? 0
/** The entry that is shown: on `popstate`, `history.state` is the next one's already. */
let shown = entry()

export function followPlaces(): void {
  history.scrollRestoration = 'manual'
  stop = lead()
  addEventListener('scroll', keepPlace, { passive: true })
  addEventListener('popstate', () => {
    keepPlace()
    stop()
    shown = entry()
    stop = lead()
  })
  for (const event of ['wheel', 'touchstart', 'keydown', 'pointerdown']) addEventListener(event, () => stop())
  addEventListener('pagehide', () => sessionStorage.setItem(key, JSON.stringify([...places])))
}

let isLeading = false
let stop = (): void => {}

/** Notes where one is. The `scroll` event comes a frame late: whoever leaves an entry calls this before. */
function keepPlace(): void {
  if (!isLeading) places.set(shown, scrollY)
}

/** Another page under a new entry, at its top. */
export function addEntry(number: number, path: string): void {
  keepPlace()
  stop()
  history.pushState({ entry: number }, '', path)
  shown = number
}

/** Scrolls there as soon as the page is long enough; answers what ends it. */
function lead(): () => void {
  const wanted = places.get(shown) ?? 0
  const until = performance.now() + patienceMs
  isLeading = true
  const look = () => {
    scrollTo(0, wanted)
    if (Math.abs(scrollY - wanted) < 2 || performance.now() > until) end()
    else frame = requestAnimationFrame(look)
  }
  const end = () => {
    cancelAnimationFrame(frame)
    isLeading = false
  }
  let frame = requestAnimationFrame(look)
  return end
}
