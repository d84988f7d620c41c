/** What the tests of both browsers share: one browser for a file, and pages that are closed after each test. */
import { afterAll, beforeAll, onTestFinished } from 'vitest'
import type { Browser, Page } from '../support/browsers/browser.js'

/** Something the page has noted: what came, with its data and id. */
export interface Note {
  readonly type: string
  readonly data?: string
  readonly id?: string
  readonly [fact: string]: unknown
}

/** What `ask` of the page answers. */
export interface Answer {
  readonly status?: number
  readonly headers: Readonly<Record<string, string>>
  readonly text: string
  readonly error?: string
}

/** Opens a page in the browser under test, until the test is over. */
export type Open = (url: string) => Promise<Page>

/** To be called where a file describes its browser. */
export function opener(launch: () => Promise<Browser>): Open {
  let browser: Browser | undefined
  beforeAll(async () => {
    browser = await launch()
  })
  afterAll(() => browser?.close())
  return async (url) => {
    const page = await browser!.open(url)
    onTestFinished(() => page.close())
    return page
  }
}

/** The notes of a type under a name, as soon as there are so many. */
export function heard(page: Page, name: string, type: string, count = 1): Promise<Note[]> {
  return page.call<Note[]>('heard', name, type, count)
}

export const dataOf = (notes: readonly Note[]): unknown[] => notes.map(({ data }) => data)

/** The `anywire.v1` frames among the notes. */
export const framesOf = (notes: readonly Note[]): unknown[] => notes.map(({ data }) => JSON.parse(data!))
