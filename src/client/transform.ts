/** Runs the application's module on messages where they arrive. Loaded with the first subscription that needs it. */
import { within } from './deadline.js'
import { type MessageItem, type PortItem, problemOf } from './item.js'
import type { Emit } from './reader.js'
import { createWork } from './work.js'

/**
 * What such a module exports as `default`: called once for each subscription, answers what makes the new data of each
 * message, at once or later. Of `undefined` nothing is told; gaps are told as they are. `export default ({ channel })
 * => ({ data }) => data.price * 2`
 */
export type CreateTransform = (of: { readonly channel: string }) => (message: MessageItem) => unknown

/** What a transform answers later it must answer by then. */
const answerMs = 10_000

/**
 * Puts a transform before a reader: results leave in the order of the messages; a message on which it fails is a
 * problem.
 * @param dropped so many items have become nothing
 * @throws what loading the module throws: without it there is no reading
 */
export async function transformed(
  url: string,
  channel: string,
  emit: Emit,
  dropped: (count: number) => void,
): Promise<Emit> {
  const hand = (made: readonly PortItem[], position: string, count: number) => {
    const items = made.filter((item) => item.kind !== 'message' || item.data !== undefined)
    if (items.length > 0) emit({ type: 'items', items, position })
    dropped(count - items.length)
  }
  const make = await load(url, channel)
  // What it makes never throws.
  const work = createWork<PortItem>(make, hand, () => {})
  return (message) => {
    if (message.type === 'items') work.items(message.items, message.position)
    else if (message.type === 'ended') work.behind(() => emit(message))
    else emit(message)
  }
}

async function load(url: string, channel: string) {
  const module = await import(/* @vite-ignore */ /* webpackIgnore: true */ url)
  const made: unknown = module.default({ channel })
  const transform = await within(answerMs, Promise.resolve(made as ReturnType<CreateTransform>))
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
