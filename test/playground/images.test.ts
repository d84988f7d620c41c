/** The images page in Chromium: the same result in both places, and a page that is free while a worker does it. */
import { fileURLToPath } from 'node:url'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { patienceMs } from '../support/browsers/installed.js'
import { tasksWhile } from '../support/browsers/tasks.js'
import { startPlayground } from './tab.js'

/** Any picture will do. */
const picture = fileURLToPath(new URL('../../docs/playground/chat-dark-phone.png', import.meta.url))

describe('the images', () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] })
  })
  afterAll(() => browser?.close())

  async function opened(): Promise<Page> {
    const origin = await startPlayground()
    const page = await browser.newPage()
    page.setDefaultTimeout(patienceMs)
    onTestFinished(() => page.close())
    await page.goto(`${origin}/images`)
    return page
  }

  const part = (page: Page, name: string) => {
    const region = page.getByRole('region', { name })
    const status = region.getByRole('status')
    const button = (label: string) => region.getByRole('button', { name: label })
    const finish = async (place: 'In a worker' | 'On this page') => {
      await button(place).click()
      const words = place === 'In a worker' ? 'Done, in a worker.' : 'Done, on this page.'
      await expect.poll(() => status.textContent()).toBe(words)
    }
    return { region, status, button, finish }
  }

  /** The pixels of what was made, summed up. */
  const made = (page: Page) =>
    page.evaluate(`(() => {
      const canvas = document.querySelector('.made canvas')
      const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)
      let sum = 0
      for (let i = 0; i < data.length; i++) sum = (Math.imul(sum, 31) + data[i]) | 0
      return [canvas.width, canvas.height, sum]
    })()`)

  it('promise: a picture is the same in both places, and the page is free while a worker makes it', async () => {
    const page = await opened()
    const { region, finish } = part(page, 'A picture')
    const free = await tasksWhile(browser, page, () => finish('In a worker'))
    const inWorker = await made(page)
    const busy = await tasksWhile(browser, page, () => finish('On this page'))
    expect(await made(page)).toEqual(inWorker)
    expect(free[0]).toBeLessThan(busy[0]! / 4)
    await region.locator('input[type=file]').setInputFiles(picture)
    await region.getByRole('img', { name: /^The picture, \d+ by \d+ pixels$/ }).waitFor()
    await page.getByRole('radio', { name: 'Palette' }).check()
    await finish('In a worker')
    await expect.poll(() => region.locator('.colours li').count()).toBeGreaterThan(3)
    await region.locator('input[type=file]').setInputFiles(fileURLToPath(import.meta.url))
    await page.getByRole('alert').getByText('That file is no picture').waitFor()
  })

  it('cancels a job in a worker at once, and does the next one; tables come out alike', async () => {
    const page = await opened()
    const { button, finish, status } = part(page, 'A picture')
    await page.getByRole('radio', { name: 'Palette' }).check()
    // In the page and at the first progress that it draws, however late that is: before the job can be done.
    const cancelled = page.evaluate(`new Promise((done) => {
      const [progress] = document.getElementsByTagName('progress')
      const look = () => {
        if (progress.value === 0) return
        // Once: the next job draws its progress here too.
        observer.disconnect()
        done([...document.querySelectorAll('.buttons .button')][2].click())
      }
      const observer = new MutationObserver(look)
      observer.observe(progress, { attributes: true })
    })`)
    await button('In a worker').click()
    await cancelled
    await expect.poll(() => status.textContent()).toBe('Cancelled.')
    await expect.poll(() => page.locator('.made').textContent()).toBe('Nothing has been made of it yet.')
    await page.getByRole('radio', { name: 'Histogram' }).check()
    await finish('In a worker')
    const table = part(page, 'A table of a million rows')
    await table.finish('In a worker')
    const inWorker = await table.region.getByRole('table').textContent()
    await table.finish('On this page')
    expect(await table.region.getByRole('table').textContent()).toBe(inWorker)
  })
})
