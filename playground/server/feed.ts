/** Feed: a channel for each author, so that to follow somebody is to subscribe. */
import { AnywireError, type Hub, type Incoming, type RuleContext } from 'anywire'
import { fieldsOf, textOf } from './fields.js'
import type { Scenario } from './scenario.js'

export interface Author {
  readonly id: string
  readonly name: string
  readonly about: string
  readonly posts: number
}

export interface Post {
  /** Given by the page that wrote it: it knows its own by that. */
  readonly id: string
  readonly author: string
  readonly name: string
  readonly text: string
  readonly at: number
}

export interface Likes {
  readonly post: string
  readonly by: readonly string[]
}

const authors = new Map<string, Author>()
const likes = new Map<string, Set<string>>()
const most = 500
let hub: Hub | undefined

export const feed: Scenario = {
  page: 'feed',
  rules: {
    'feed/authors': { key: '/id', keys: true, maxKeys: most, publish: false, retain: { messages: 100 } },
    // Everybody writes to the channel of their own name.
    'feed/posts/:author': {
      retain: { messages: 50 },
      publish: ({ params, principal }) => params.author === principal.id,
      receive: write,
    },
    'feed/likes': { key: '/post', keys: true, maxKeys: most, retain: { messages: 100 }, receive: like },
  },

  start(of) {
    hub = of
    return () => authors.clear()
  },
}

function write(message: Incoming, { principal: { id: author } }: RuleContext) {
  const { id, name, text } = fieldsOf(message)
  const said = { id: textOf(id, 'id', 40), name: textOf(name, 'name', 30), text: textOf(text, 'text', 280) }
  const post: Post = { ...said, author, at: Date.now() }
  message.data = post
  enter(post, 'Is here, as you are.')
}

/** Whoever has written something can be followed, and what was written can be liked. */
export function enter({ id, author, name }: Post, about: string) {
  if (!likes.has(id)) likes.set(id, new Set())
  if (likes.size > most) likes.delete([...likes.keys()][0]!)
  const entry: Author = { id: author, name, about, posts: (authors.get(author)?.posts ?? 0) + 1 }
  authors.set(author, entry)
  hub?.publish('feed/authors', entry).catch(console.error)
}

function like(message: Incoming, { principal }: RuleContext) {
  const { post, on } = fieldsOf(message)
  message.data = liked(textOf(post, 'post', 40), principal.id, on === true)
}

export function liked(post: string, who: string, on: boolean): Likes {
  const by = likes.get(post)
  if (!by) throw new AnywireError('rejected', 'That post is no longer here.')
  by[on ? 'add' : 'delete'](who)
  return { post, by: [...by] }
}
