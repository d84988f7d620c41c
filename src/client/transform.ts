/** The application's own work on messages, done where they arrive: a module is loaded there, and what it makes of them crosses to the page. */
import { AnywireError } from '../protocol/error.js'
import type { MessageItem } from './item.js'
import type { ReaderEvents } from './reader.js'
import { createWork, type Make } from './work.js'

/**
 * What such a module exports as `default`: called once for each subscription, answers what makes the new data of each message, at once or later.
 * Of `undefined` nothing is told; gaps are told as they are. `export default ({ channel }) => ({ data }) => data.price * 2`
 */
export type CreateTransform = (of: { readonly channel: string }) => (message: MessageItem) => unknown

export interface TransformEvents {
  /** So many items have become nothing. */
  swallowed(count: number): void
  /** It failed: nothing more is to come. */
  failed(): void
}

/** Puts a transform before a reader: results leave in the order of the messages; a failure ends the reading. */
export function transformed(
  url: string,
  channel: string,
  { subscribed, items, ended }: ReaderEvents,
  { swallowed, failed }: TransformEvents,
): ReaderEvents {
  const work = createWork(
    load(url, channel),
    (made, position, count) => {
      const results = made.filter((item) => item.kind === 'gap' || item.data !== undefined)
      if (results.length > 0) items(results, position)
      swallowed(count - results.length)
    },
    (cause) => {
      failed()
      ended(new AnywireError('rejected', `The transform ${url} failed: ${cause}`, { cause }))
    },
  )
  return { subscribed, items: work.items, ended: (error) => work.behind(() => ended(error)) }
}

async function load(url: string, channel: string): Promise<Make> {
  const module = await import(/* @vite-ignore */ /* webpackIgnore: true */ url)
  return module.default({ channel })
}
