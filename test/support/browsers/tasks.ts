/** How long the tasks of a page's main thread are, as Chromium traces them. */
import type { Browser, Page } from 'playwright-core'

interface TraceEvent {
  readonly name: string
  readonly pid: number
  readonly tid: number
  readonly args: { readonly name?: string }
  /** Microseconds of the processor. */
  readonly tdur?: number
}

/** What is to be traced. */
export const taskCategories = ['toplevel', 'disabled-by-default-devtools.timeline']

/** Milliseconds of each task of a page's main thread while `act` runs, longest first. */
export async function tasksWhile(browser: Browser, page: Page, act: () => Promise<void>): Promise<number[]> {
  await browser.startTracing(page, { categories: taskCategories })
  await act()
  return tasksOf((await browser.stopTracing()).toString())
}

/**
 * Milliseconds of each task of the main threads in a trace, longest first: the time that the thread had a processor,
 * since waiting for one that is busy with other programs says nothing of the page.
 */
export function tasksOf(trace: string): number[] {
  const { traceEvents } = JSON.parse(trace) as { traceEvents: TraceEvent[] }
  const isMain = ({ name, args }: TraceEvent) => name === 'thread_name' && args.name === 'CrRendererMain'
  const threads = new Set(traceEvents.filter(isMain).map(({ pid, tid }) => `${pid} ${tid}`))
  return traceEvents
    .filter(({ name, pid, tid }) => name === 'RunTask' && threads.has(`${pid} ${tid}`))
    .map(({ tdur = 0 }) => tdur / 1000)
    .sort((a, b) => b - a)
}
