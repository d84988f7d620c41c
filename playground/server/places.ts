/** Which paths lead to a page: its own, and for some of them a room or a document below it. */
const document = /^[\w-]{1,40}$/
const below = new Map([
  ['chat', /^(lobby|workshop|kitchen|reading)$/],
  ['editor', document],
  ['whiteboard', document],
])

/** The first segment of a path that may lead to a page; undefined for one that leads nowhere. */
export function pageOf(pathname: string): string | undefined {
  const [, page = '', place = '', ...more] = pathname.split('/')
  const leads = more.length === 0 && (place === '' || below.get(page)?.test(place) === true)
  return leads ? page : undefined
}
