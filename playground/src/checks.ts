/** What a stored message must be to be shown. Pages pass over what is none, however it came into the channel: one message is not to break a page. */

type Kind = 'text' | 'texts' | 'number' | 'numbers' | 'flag' | 'time' | 'path'
type Fields = Readonly<Record<string, Kind>>

const isText = (value: unknown) => typeof value === 'string'
const are: Readonly<Record<Kind, (value: unknown) => boolean>> = {
  text: isText,
  texts: (value) => Array.isArray(value) && value.every(isText),
  number: Number.isFinite,
  numbers: (value) => Array.isArray(value) && value.every(Number.isFinite),
  flag: (value) => typeof value === 'boolean',
  // What `Date` can hold.
  time: (value) => Number.isFinite(value) && Math.abs(Number(value)) <= 8.64e15,
  path: (value) => isText(value) && /^\/(?!\/)/.test(String(value)),
}

const checks: readonly (readonly [start: string, Fields])[] = [
  ['chat/', { id: 'text', from: 'text', name: 'text', text: 'text', at: 'time' }],
  ['people/', { name: 'text', typing: 'flag', read: 'text' }],
  ['notices/', { title: 'text', text: 'text', href: 'path', at: 'time' }],
  ['marks/', { offset: 'text', all: 'flag' }],
  ['feed/authors', { id: 'text', name: 'text', about: 'text', posts: 'number' }],
  ['feed/posts/', { id: 'text', author: 'text', name: 'text', text: 'text', at: 'time' }],
  ['feed/likes', { post: 'text', by: 'texts' }],
  ['scores/matches', { id: 'text', season: 'number', day: 'number', home: 'text', away: 'text', goals: 'numbers' }],
  ['scores/goals', { id: 'text', match: 'text', minute: 'number', team: 'text', player: 'text', score: 'numbers' }],
  ['scores/clock', { season: 'number', day: 'number', minute: 'number', phase: 'text' }],
  ['game/players', { tank: 'number', name: 'text', bot: 'flag', score: 'number', lost: 'number' }],
]

/** Whether a message of the channel has every field that its pages read. A tombstone has none. */
export function fits(channel: string, data: unknown): boolean {
  if (data === undefined) return true
  const [, fields = {}] = checks.find(([start]) => channel.startsWith(start)) ?? []
  return Object.entries(fields).every(([name, kind]) => are[kind]((Object(data) as Record<string, unknown>)[name]))
}
