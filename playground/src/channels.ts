/** What the messages of each channel hold: the server's types, for the pages. */
import type { HubStats } from 'anywire'
import type { ChatMessage } from '../server/chat.js'
import type { Author, Likes, Post } from '../server/feed.js'
import type { Player, Snapshot, Steering } from '../server/game.js'
import type { BenchFigures } from '../server/laboratory/bench.js'
import type { Load } from '../server/laboratory/load.js'
import type { Settings } from '../server/laboratory/usual.js'
import type { Mark, Notice, Order } from '../server/notifications.js'
import type { Here, Person } from '../server/people.js'
import type { Clock, Goal, Match } from '../server/scores.js'
import type { Figure } from '../server/system.js'
import type { Candle, Price } from '../server/ticker.js'

export type {
  Author,
  BenchFigures,
  Candle,
  ChatMessage,
  Clock,
  Figure,
  Goal,
  Here,
  Likes,
  Load,
  Mark,
  Match,
  Notice,
  Order,
  Person,
  Player,
  Post,
  Price,
  Settings,
  Snapshot,
  Steering,
}

export type Channels = {
  'system/figures': Figure
  'proof/line': Load
  [room: `chat/${string}`]: ChatMessage
  'game/world': Snapshot
  'game/players': Player | undefined
  'game/steering': Steering
  [notices: `notices/${string}`]: Notice
  [marks: `marks/${string}`]: Mark
  notify: Order
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
  [load: `laboratory/load/${string}`]: Load
  [settings: `laboratory/settings/${string}`]: Settings
  [figures: `laboratory/figures/${string}`]: BenchFigures
  [outbox: `laboratory/outbox/${string}`]: { readonly number: number }
  $stats: HubStats
}
