/** Pages by path, with the browser's own history. */
import { addEntry, followPlaces } from './places.js'
import { Value } from './value.js'

const here = new Value(location.pathname)
/** The number of the newest entry of the history; it goes on after a reload. */
let newest = Date.now()

/** The path of the page that is shown. */
export const path: Pick<Value<string>, 'value' | 'subscribe'> = here

export function go(to: string): void {
  if (to === location.pathname) return
  addEntry(++newest, to)
  here.set(to)
  scrollTo(0, 0)
}

followPlaces()
addEventListener('popstate', () => here.set(location.pathname))

/** Links within the playground load nothing anew; those for another tab, a download or elsewhere are the browser's. */
addEventListener('click', (event) => {
  const link = event.target instanceof Element ? event.target.closest('a') : null
  const plain = event.button === 0 && !(event.metaKey || event.ctrlKey || event.shiftKey || event.altKey)
  if (!link || !plain || event.defaultPrevented || link.target || link.origin !== location.origin || link.hash) return
  event.preventDefault()
  go(link.pathname)
})
