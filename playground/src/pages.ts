/** The pages: what the navigation shows, and how each is loaded when it is asked for. */
import type { ComponentType } from 'preact'
import { pageOf } from '../server/places.js'

export interface Page {
  /** The first segment of its path. */
  readonly path: string
  readonly title: string
  readonly about: string
  readonly load: () => Promise<{ readonly default: ComponentType }>
}

export const pages: readonly Page[] = [
  {
    path: '',
    title: 'The proof',
    about: 'Two readers, one cut: what was missed comes, once and in order.',
    load: () => import('./home/page.js'),
  },
  {
    path: 'chat',
    title: 'Chat',
    about: 'Rooms with a memory, who is here and who is typing, and messages that outlast a cut line.',
    load: () => import('./chat/page.js'),
  },
  {
    path: 'editor',
    title: 'Editor',
    about: 'Texts that many write at once, offline too: everybody’s cursor, and nothing overwritten.',
    load: () => import('./editor/page.js'),
  },
  {
    path: 'whiteboard',
    title: 'Whiteboard',
    about: 'One board, many hands: strokes that grow while they are drawn, and everybody’s own undo.',
    load: () => import('./whiteboard/page.js'),
  },
  {
    path: 'game',
    title: 'Game',
    about: 'Tanks, thirty times a second: everybody sees the same arena, and who was away is back at once.',
    load: () => import('./game/page.js'),
  },
  {
    path: 'ticker',
    title: 'Ticker',
    about: '500 instruments, 10,000 updates a second, and a page that stays free.',
    load: () => import('./ticker/page.js'),
  },
  {
    path: 'notifications',
    title: 'Notifications',
    about: 'Private to each visitor, counted in every tab, and read in all of them when read in one.',
    load: () => import('./notifications/page.js'),
  },
  {
    path: 'news',
    title: 'News',
    about: 'Six desks, read by the browser’s own EventSource: no library at all.',
    load: () => import('./news/page.js'),
  },
  {
    path: 'scores',
    title: 'Scores',
    about: 'Six matches at a time, a table as it stands, and goals that are taken back.',
    load: () => import('./scores/page.js'),
  },
  {
    path: 'feed',
    title: 'Feed',
    about: 'Follow and unfollow: a subscription more or less on a line that stays open.',
    load: () => import('./feed/page.js'),
  },
  {
    path: 'images',
    title: 'Images',
    about: 'Heavy work in a worker and on the page, side by side: one of them is felt.',
    load: () => import('./images/page.js'),
  },
  {
    path: 'laboratory',
    title: 'Laboratory',
    about: 'Every transport side by side on the same channel, measured, on a line that you may break.',
    load: () => import('./laboratory/page.js'),
  },
]

/** The page of a path; undefined for a path that leads nowhere. */
export function pageAt(pathname: string): Page | undefined {
  const wanted = pageOf(pathname)
  return pages.find(({ path }) => path === wanted)
}
