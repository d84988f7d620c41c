/** The notices of this visitor, and which of them are unread: the same in every tab and on every device of theirs. */

import type { Item, MessageItem } from 'anywire/client'
import type { Mark, Notice } from '../channels.js'
import { fits } from '../checks.js'
import { client, complain } from './client.js'
import { followFocus, tell } from './desktop.js'
import { followKeys } from './keys.js'
import { me } from './me.js'
import { announce } from './people.js'
import { setCount } from './title.js'
import { Value } from './value.js'

export interface Entry {
  readonly offset: string
  readonly notice: Notice
  readonly read: boolean
}

/** Newest first. */
export const entries = new Value<readonly Entry[]>([])
export const unread = new Value(0)
/** How many are lost: too many came while one was away. */
export const lost = new Value(0)

const notices: MessageItem<Notice>[] = []
let marks: readonly Mark[] = []
/** Marks that the server has not stored yet, kept for all tabs and through a reload, as the outbox keeps their publishing. */
const key = 'notices.marks'
const waiting = (): readonly Mark[] => JSON.parse(localStorage.getItem(key) ?? '[]')

/** A page that does not use the client has no notices either: whoever needs no connection is given none. */
export function followInbox(): void {
  if (me === 'guest') return
  const begin = () => {
    if (client.state.value === 'idle') return
    stop()
    client.subscribe(`notices/${me}`, { from: 'start' }, take).closed.catch(complain)
    followKeys<Mark>(`marks/${me}`, (stored) => {
      marks = [...stored.values()]
      keep(waiting().filter((mark) => !marks.some(({ offset, all }) => offset === mark.offset && all === mark.all)))
    })
    announce('playground')
    followFocus()
  }
  const stop = client.state.subscribe(begin)
  begin()
  addEventListener('storage', (event) => event.key === key && show())
}

export function markRead(offset: string, all = false): void {
  const mark = { offset, all }
  keep([...waiting(), mark])
  client.publish(`marks/${me}`, mark).catch((thrown) => {
    keep(waiting().filter((one) => one.offset !== offset || one.all !== all))
    complain(thrown)
  })
}

export function markAllRead(): void {
  const newest = notices.at(-1)
  if (newest) markRead(newest.offset, true)
}

function keep(next: readonly Mark[]): void {
  localStorage.setItem(key, JSON.stringify(next))
  show()
}

function take(item: Item<Notice>): void {
  if (item.kind === 'message' && !fits('notices/', item.data)) return
  if (item.kind === 'message') notices.push(item)
  // A server that began anew has nothing of what was.
  else if (item.kind === 'gap' && item.reason === 'reset') notices.length = 0
  else if (item.kind === 'gap') lost.set(lost.value + (item.missed ?? 1))
  show()
  if (item.kind === 'message') void tell(item, () => markRead(item.offset))
}

/** Told once for what arrives together. */
let untold = false
function show(): void {
  if (!untold) queueMicrotask(put)
  untold = true
}

function put(): void {
  untold = false
  const all = [...marks, ...waiting()]
  const upTo = all.reduce((most, mark) => (mark.all && mark.offset > most ? mark.offset : most), '')
  const single = new Set(all.map(({ offset }) => offset))
  const made = notices.map(({ offset, data }) => ({
    offset,
    notice: data,
    read: offset <= upTo || single.has(offset),
  }))
  entries.set(made.reverse())
  unread.set(made.filter(({ read }) => !read).length)
  setCount(unread.value)
}
