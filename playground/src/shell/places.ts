/** Where each page was left: back and forward lead to the same place of it. */

const key = 'places'
/** How long a page may take to become as long as it was. */
const patienceMs = 3000

/** How far one had scrolled, by the number of the entry in the history. */
const places = new Map<number, number>(JSON.parse(sessionStorage.getItem(key) ?? '[]'))
const entry = (): number => history.state?.entry ?? 0

export function followPlaces(): void {
  history.scrollRestoration = 'manual'
  let stop = lead()
  addEventListener('scroll', () => !isLeading && places.set(entry(), scrollY), { passive: true })
  addEventListener('popstate', () => {
    stop()
    stop = lead()
  })
  for (const event of ['wheel', 'touchstart', 'keydown', 'pointerdown']) addEventListener(event, () => stop())
  addEventListener('pagehide', () => sessionStorage.setItem(key, JSON.stringify([...places])))
}

let isLeading = false

/** Scrolls there as soon as the page is long enough; answers what ends it. */
function lead(): () => void {
  const wanted = places.get(entry()) ?? 0
  const until = performance.now() + patienceMs
  isLeading = true
  const look = () => {
    scrollTo(0, wanted)
    if (Math.abs(scrollY - wanted) < 2 || performance.now() > until) stop()
    else frame = requestAnimationFrame(look)
  }
  const stop = () => {
    cancelAnimationFrame(frame)
    isLeading = false
  }
  let frame = requestAnimationFrame(look)
  return stop
}
