/**
 * Measures what the pages ask of a browser: `npm run measure --workspace playground [path…]`. Work is processor time of
 * the page's own thread, since others on the machine lengthen only the clock's.
 */
import { paths } from './paths.js'
import { serve } from './served.js'

/** So long each page is looked at, in milliseconds. */
const lookMs = 3_000
/** How often each is visited; what is told is the median. */
const visits = 3
const sizes = { desk: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } }
const wanted = process.argv.slice(2)
const { origin, browser, close } = await serve()

const median = (/** @type {number[]} */ values) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0

console.log(`Work of the first ${lookMs / 1000} s and its longest task, in ms, and CLS; medians of ${visits} visits:`)
const rows = []
for (const path of wanted.length > 0 ? wanted : paths) {
  for (const size of /** @type {const} */ (['desk', 'phone'])) {
    const seen = /** @type {Awaited<ReturnType<typeof look>>[]} */ ([])
    for (let visit = 0; visit < visits; visit++) seen.push(await look(path, size))
    const middle = (/** @type {'work' | 'longest' | 'shift'} */ what) => median(seen.map((one) => one[what]))
    rows.push({
      page: path,
      size,
      work: Math.round(middle('work')),
      longest: Math.round(middle('longest')),
      CLS: middle('shift'),
    })
  }
}
console.table(rows)
if (wanted.length === 0 || wanted.includes('/images')) await images()
await close()

/** A first visit. @param {string} path @param {keyof typeof sizes} size */
async function look(path, size) {
  const context = await browser.newContext({ viewport: sizes[size] })
  const page = await context.newPage()
  await page.addInitScript(watchShifts)
  await browser.startTracing(page, { categories: ['toplevel'] })
  await page.goto(origin + path)
  await page.waitForTimeout(lookMs)
  const tasks = tasksOf(JSON.parse(String(await browser.stopTracing())).traceEvents)
  const shift = await page.evaluate(() => /** @type {any} */ (globalThis).shift.most)
  await context.close()
  return {
    work: tasks.reduce((sum, ms) => sum + ms, 0),
    longest: Math.max(...tasks),
    shift: Math.round(shift * 1000) / 1000,
  }
}

/** As CLS is defined: shifts at most 1 s apart and 5 s in all belong together, and the worst of those groups counts. */
function watchShifts() {
  const shift = { most: 0, sum: 0, first: 0, last: 0 }
  Object.assign(globalThis, { shift })
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      const { startTime, value, hadRecentInput } = /** @type {any} */ (entry)
      if (hadRecentInput) continue
      if (startTime - shift.last > 1000 || startTime - shift.first > 5000)
        Object.assign(shift, { first: startTime, sum: 0 })
      shift.last = startTime
      shift.sum += value
      shift.most = Math.max(shift.most, shift.sum)
    }
  }).observe({ type: 'layout-shift', buffered: true })
}

/**
 * Milliseconds of each task of a page's own thread.
 * @param {{ name: string, ph: string, pid: number, tid: number, tdur?: number, args?: { name?: string } }[]} events
 */
function tasksOf(events) {
  const idOf = (/** @type {{ pid: number, tid: number }} */ { pid, tid }) => `${pid} ${tid}`
  const isMain = (/** @type {typeof events[0]} */ { name, args }) =>
    name === 'thread_name' && args?.name === 'CrRendererMain'
  const threads = new Set(events.filter(isMain).map(idOf))
  return events
    .filter((event) => event.ph === 'X' && /RunTask$/.test(event.name) && threads.has(idOf(event)))
    .map(({ tdur = 0 }) => tdur / 1000)
}

/** Each job in both places in turn, as the page itself tells it; the first of each is not counted. */
async function images() {
  const page = await browser.newPage({ viewport: sizes.desk })
  await page.goto(`${origin}/images`)
  const picture = page.getByRole('region', { name: 'A picture' })
  const table = page.getByRole('region', { name: 'A table' })
  const rows = []
  for (const job of ['Blur', 'Edges', 'Histogram', 'Palette']) {
    await picture.getByRole('radio', { name: job }).check()
    rows.push({ job, ...(await both(picture)) })
  }
  await table.getByRole('button', { name: 'In a worker' }).isEnabled()
  rows.push({ job: 'Table', ...(await both(table)) })
  console.log('Images: medians of the time of a job, in ms:')
  console.table(rows)
  await page.close()
}

async function both(/** @type {import('playwright-core').Locator} */ region) {
  const took = /** @type {{ worker: number[], page: number[] }} */ ({ worker: [], page: [] })
  for (let round = 0; round < 8; round++) {
    for (const [place, name, words] of /** @type {const} */ ([
      ['worker', 'In a worker', 'Done, in a worker.'],
      ['page', 'On this page', 'Done, on this page.'],
    ])) {
      await region.getByRole('button', { name }).click()
      await region.getByText(words).waitFor()
      const told = await region.locator(`[data-place=${place}] dd span`).first().textContent()
      if (round > 0) took[place].push(Number.parseFloat(String(told)))
    }
  }
  const [worker, own] = [median(took.worker), median(took.page)]
  return { 'in a worker': worker, 'on the page': own, ratio: Number((worker / own).toFixed(2)) }
}
