/** The application's own work on messages, done where they arrive: a module is loaded there, and what it makes of them crosses to the page. */
import { AnywireError } from '../protocol/error.js'
import type { Item, MessageItem } from './item.js'
import type { ReaderEvents } from './reader.js'

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
  events: ReaderEvents,
  { swallowed, failed }: TransformEvents,
): ReaderEvents {
  const loading = load(url, channel)
  let turn: Promise<unknown> = loading
  const fail = (cause: unknown) => {
    failed()
    const sentence = `The transform ${url} failed: ${cause instanceof Error ? cause.message : cause}`
    events.ended(new AnywireError('rejected', sentence, { cause }))
  }
  const next = (act: () => unknown) => {
    turn = turn.then(act)
    turn.catch(() => undefined)
  }
  loading.catch(fail)
  return {
    subscribed: (offset, contentType) => next(() => events.subscribed(offset, contentType)),
    items: (items, position) =>
      next(async () => {
        const transform = await loading
        try {
          const results = await apply(transform, items)
          if (results.length > 0) events.items(results, position)
          swallowed(items.length - results.length)
        } catch (thrown) {
          fail(thrown)
          throw thrown
        }
      }),
    ended: (error) => next(() => events.ended(error)),
  }
}

async function load(url: string, channel: string): Promise<(message: MessageItem) => unknown> {
  const module = await import(/* @vite-ignore */ /* webpackIgnore: true */ url)
  if (typeof module.default !== 'function') throw new TypeError('it has no function as default export.')
  const transform = module.default({ channel })
  if (typeof transform !== 'function') throw new TypeError('its default export does not answer a function.')
  return transform
}

async function apply(transform: (message: MessageItem) => unknown, items: readonly Item[]): Promise<Item[]> {
  const results: Item[] = []
  for (const item of items) {
    if (item.kind === 'gap') results.push(item)
    else {
      const made = transform(item)
      const data = made instanceof Promise ? await made : made
      if (data !== undefined) results.push({ ...item, data })
    }
  }
  return results
}
