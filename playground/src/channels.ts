/** What the messages of each channel hold: the server's types, for the pages. */
import type { ChatMessage, Person } from '../server/chat.js'
import type { Author, Likes, Post } from '../server/feed.js'
import type { Clock, Goal, Match } from '../server/scores.js'
import type { Figure } from '../server/system.js'
import type { Candle, Price } from '../server/ticker.js'

export type { Author, Candle, ChatMessage, Clock, Figure, Goal, Likes, Match, Person, Post, Price }

export type Channels = {
  'system/figures': Figure
  [people: `people/${string}`]: Person
  [room: `chat/${string}`]: ChatMessage
  'ticker/prices': Price
  [candles: `ticker/candles/${string}`]: Candle
  'feed/authors': Author
  [posts: `feed/posts/${string}`]: Post
  'feed/likes': Likes | { readonly post: string; readonly on: boolean }
  'scores/matches': Match
  'scores/goals': Goal
  'scores/clock': Clock
  'scores/calls': { readonly goal: string }
  'ticker/market': { readonly open: boolean }
}
