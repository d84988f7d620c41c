/** The application's own work on messages, done where they arrive: a module is loaded there, and what it makes of them crosses to the page. */
import { AnywireError } from '../protocol/error.js'
import { within } from './deadline.js'
import { type MessageItem, type PortItem, problemOf } from './item.js'
import type { ReaderEvents } from './reader.js'
import { createWork } from './work.js'

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

/** What a transform answers later it must answer by then. */
const answerMs = 10_000

/** Puts a transform before a reader: results leave in the order of the messages; a message on which it fails is a problem, without a module there is no reading. */
export function transformed(
  url: string,
  channel: string,
  { subscribed, items, failing, ended }: ReaderEvents,
  { swallowed, failed }: TransformEvents,
): ReaderEvents {
  const work = createWork<PortItem>(
    load(url, channel),
    (made, position, count) => {
      const results = made.filter((item) => item.kind !== 'message' || item.data !== undefined)
      if (results.length > 0) items(results, position)
      swallowed(count - results.length)
    },
    (cause) => {
      failed()
      ended(new AnywireError('rejected', `The transform ${url} failed: ${cause}`, { cause }))
    },
  )
  return { subscribed, items: work.items, failing, ended: (error) => work.behind(() => ended(error)) }
}

async function load(url: string, channel: string) {
  const module = await import(/* @vite-ignore */ /* webpackIgnore: true */ url)
  const transform: ReturnType<CreateTransform> = module.default({ channel })
  return async (message: MessageItem): Promise<PortItem> => {
    try {
      const made = transform(message)
      const later = (made as PromiseLike<unknown> | undefined)?.then !== undefined
      return { ...message, data: later ? await within(answerMs, made as PromiseLike<unknown>) : made }
    } catch (cause) {
      return problemOf(message, `The transform ${url} failed: ${cause}`)
    }
  }
}
