/** What the facts about tabs share: a person's tabs, a hub that publishes without pause, and what each tab got of it. */
import { expect, onTestFinished } from 'vitest'
import type { Hub } from '../../../src/index.js'
import type { HubServer } from '../../support/hub-server.js'
import type { Person, Tab, TabBrowser } from './browser.js'

/** What a tab notes of a message. */
export interface Note {
  /** Milliseconds since 1970. */
  readonly at: number
  /** Of which core it came: the first that served the tab, the second, … */
  readonly core: number
  readonly data: number
}

export interface TabOptions {
  readonly channel?: string
  readonly share?: 'tabs' | 'worker' | 'none'
  readonly identity?: string
  /** What the browser is to be without. */
  readonly without?: readonly string[]
  /** Whether shared workers are never to answer. */
  readonly muted?: boolean
  /** The page, if not the hub's. */
  readonly page?: string
}

/** A tab group is what there is without this. */
export const tabGroup: TabOptions = { without: ['SharedWorker'] }

export async function personOf<P extends Person>(browser: TabBrowser): Promise<P> {
  const person = await browser.person()
  onTestFinished(() => person.close())
  return person as P
}

/** Opens a tab whose client reads a channel, `news` if none is named, and waits until it is connected. */
export async function join<T extends Tab>(person: Person, served: HubServer, options: TabOptions = {}): Promise<T> {
  const { channel = 'news', without = [], muted, page = served.origin, ...port } = options
  const tab = await person.open(page)
  await tab.call('without', ...without)
  if (muted) await tab.call('mute')
  await tab.call('join', served.url(), channel, port)
  await tab.call('opened')
  return tab as T
}

/** The same for several, one after another: the first of a tab group leads. */
export async function joinAll<T extends Tab>(
  count: number,
  person: Person,
  served: HubServer,
  options?: TabOptions,
): Promise<T[]> {
  const tabs: T[] = []
  while (tabs.length < count) tabs.push(await join<T>(person, served, options))
  return tabs
}

export interface Feed {
  /** Resolves when so many more have been published. */
  more(count: number): Promise<void>
  /** Ends it, and answers how many there were. */
  stop(): Promise<number>
}

/** Publishes 0, 1, 2 and so on, one every few milliseconds. */
export function feed(hub: Hub, channel = 'news'): Feed {
  let n = 0
  let on = true
  const running = (async () => {
    while (on) {
      await hub.publish(channel, n++)
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  })()
  const stop = async () => {
    on = false
    await running
    return n
  }
  onTestFinished(async () => void (await stop()))
  return {
    stop,
    async more(count) {
      const goal = n + count
      while (n < goal) await new Promise((resolve) => setTimeout(resolve, 5))
    },
  }
}

/** Promises 1 and 2, with nothing between port and assertion that sorts out what comes twice. */
export async function expectAll(tab: Tab, count: number): Promise<Note[]> {
  const notes = await tab.call<Note[]>('got', count)
  expect(notes.map(({ data }) => data)).toEqual(Array.from({ length: count }, (_, n) => n))
  return notes
}

/** The longest time without a message, in milliseconds, of those that end after `since`. */
export function longestSilence(notes: readonly Note[], since: number): number {
  const silences = notes.map(({ at }, n) => (at < since ? 0 : at - (notes[n - 1]?.at ?? at)))
  return Math.max(...silences)
}
