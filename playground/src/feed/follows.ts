/** Whom this browser follows: kept in its storage, the same in all of its tabs. */
import { Value } from '../shell/value.js'

const key = 'feed.follows'
const atFirst = ['ilse-tern', 'noor-falk', 'maren-lund']
const stored = (): ReadonlySet<string> => new Set(JSON.parse(localStorage.getItem(key) ?? JSON.stringify(atFirst)))

export const follows = new Value(stored())

export function follow(authors: Iterable<string>): void {
  const next = new Set(authors)
  localStorage.setItem(key, JSON.stringify([...next]))
  follows.set(next)
}

export function toggle(author: string): void {
  const next = new Set(follows.value)
  if (!next.delete(author)) next.add(author)
  follow(next)
}

addEventListener('storage', (event) => event.key === key && follows.set(stored()))
