/** Takes the pictures in `docs/playground`: every page, light and dark, on a desk and on a phone. With `pngquant` on the path they are a third as large. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { serve } from './served.js'

const folder = fileURLToPath(new URL('../docs/playground', import.meta.url))
const sizes = { desktop: { width: 1280, height: 800 }, phone: { width: 390, height: 844 } }
const themes = /** @type {const} */ (['light', 'dark'])
/** So long a page is open before its picture is taken: its lines have a past then. */
const settleMs = 40_000

const { origin, browser, close } = await serve()

/** A browser of its own, of somebody with this name. */
async function person(/** @type {string} */ path, /** @type {string} */ name) {
  const context = await browser.newContext({ viewport: sizes.desktop })
  await context.addInitScript((given) => localStorage.setItem('name', given), name)
  const page = await context.newPage()
  await page.goto(origin + path)
  return page
}

async function say(/** @type {import('playwright-core').Page} */ page, /** @type {string} */ text) {
  await page.getByRole('textbox', { name: /^Message/ }).fill(text)
  await page.getByRole('button', { name: 'Send' }).click()
  await page.waitForTimeout(400)
}

async function talk() {
  const ada = await person('/chat/workshop', 'Ada')
  const sam = await person('/chat/workshop', 'Sam')
  const you = await person('/chat/workshop', 'You')
  await say(ada, 'The new gauges are in. They publish ten times a second, all into one channel.')
  await say(ada, 'Key is the gauge’s number, so a snapshot is the whole wall.')
  await say(sam, 'And if the van drives through the tunnel?')
  await say(
    you,
    'Then it is behind for a while, and catches up. I cut the line for a minute yesterday: nothing missing.',
  )
  await say(sam, 'With slow=conflate it gets only the newest of each gauge, which is all I look at anyway.')
  const network = you.getByRole('switch', { name: 'Network' })
  await network.click()
  await you.getByText('offline', { exact: true }).waitFor()
  await say(ada, 'Lunch?')
  await say(you, 'I am in the tunnel now. You will read this when I am out of it.')
  await say(sam, 'Noodles. Ten minutes.')
  await network.click()
  await you.getByText('connected', { exact: true }).waitFor()
  await say(you, 'Out of the tunnel. Noodles!')
  await say(await person('/chat/kitchen', 'Kim'), 'There are noodles for four.')
  setInterval(
    () =>
      sam
        .getByRole('textbox', { name: /^Message/ })
        .press('n')
        .catch(() => {}),
    1000,
  ).unref()
  return you
}

async function write() {
  const ada = await person('/editor/minutes', 'Ada')
  const sam = await person('/editor/minutes', 'Sam')
  for (const page of [ada, sam]) await page.locator('.cm-line').first().waitFor()
  await ada.locator('.cm-line', { hasText: 'Sam proposes' }).click()
  await ada.keyboard.press('End')
  await ada.keyboard.type(' Agreed.')
  await sam.locator('.cm-line', { hasText: 'Next round' }).click()
  await sam.keyboard.press('Home')
  for (let i = 0; i < 10; i++) await sam.keyboard.press('Shift+ArrowRight')
  return person('/editor/minutes', 'You')
}

async function draw() {
  const kim = await person('/whiteboard/lobby', 'Kim')
  const { x, y } = (await kim.locator('.drawing svg').boundingBox()) ?? { x: 0, y: 0 }
  await kim.mouse.move(x + 80, y + 400)
  await kim.mouse.down()
  for (let i = 0; i < 70; i++) await kim.mouse.move(x + 80 + i * 7, y + 400 + Math.sin(i / 6) * (30 - i / 3))
  await kim.mouse.up()
  return person('/whiteboard/lobby', 'You')
}

async function play() {
  const page = await person('/game', 'You')
  await page.getByRole('button', { name: 'Play' }).click()
  await page.keyboard.down('Space')
  const keys = ['ArrowRight', 'ArrowDown', 'ArrowLeft', 'ArrowUp']
  // Round and round, as long as pictures are taken.
  for (let turn = 0; turn < 40; turn++) {
    setTimeout(() => page.keyboard.down(keys[turn % 4] ?? '').catch(() => {}), turn * 1500).unref()
    setTimeout(() => page.keyboard.up(keys[turn % 4] ?? '').catch(() => {}), turn * 1500 + 1400).unref()
  }
  return page
}

async function work() {
  const page = await person('/images', 'You')
  const picture = page.getByRole('region', { name: 'A picture' })
  for (const name of ['On this page', 'In a worker']) {
    await picture.getByRole('button', { name }).click()
    await picture.getByText(/^Done/).waitFor()
  }
  return page
}

async function notified() {
  const you = await person('/notifications', 'You')
  const ada = await person('/notifications', 'Ada')
  const tell = async (/** @type {string} */ text) => {
    await ada.getByLabel('Say').fill(text)
    await ada.getByRole('button', { name: 'Tell You' }).last().click()
    await ada.waitForTimeout(400)
  }
  await tell('The new gauges are in.')
  await tell('Who has the spanner?')
  await tell('The kettle is on. Are you coming?')
  await you.getByRole('button', { name: /read$/ }).last().click()
  await you.getByRole('button', { name: 'Notify me in 3 s' }).click()
  return you
}

const pages = {
  machine: await person('/', 'You'),
  chat: await talk(),
  editor: await write(),
  whiteboard: await draw(),
  game: await play(),
  ticker: await person('/ticker', 'You'),
  notifications: await notified(),
  news: await person('/news', 'You'),
  scores: await person('/scores', 'You'),
  feed: await person('/feed', 'You'),
  images: await work(),
  laboratory: await person('/laboratory', 'You'),
}
await pages.ticker.waitForTimeout(settleMs)
// A hole in the tapes that has filled up.
const network = pages.laboratory.locator('.verdict .button')
for (const ms of [6000, 6000]) {
  await network.click()
  await pages.laboratory.waitForTimeout(ms)
}
mkdirSync(folder, { recursive: true })
for (const [name, page] of Object.entries(pages)) {
  for (const colorScheme of themes) {
    await page.emulateMedia({ colorScheme })
    for (const [size, viewport] of Object.entries(sizes)) {
      await page.setViewportSize(viewport)
      await page.bringToFront()
      await page.evaluate(() => scrollTo(0, 0))
      await page.waitForTimeout(1500)
      await page.screenshot({ path: `${folder}/${name}-${colorScheme}-${size}.png` })
    }
  }
}
await close()

const pictures = readdirSync(folder).map((name) => `${folder}/${name}`)
const quant = spawnSync('pngquant', [
  '--force',
  '--ext',
  '.png',
  '--speed',
  '1',
  '--skip-if-larger',
  '--strip',
  ...pictures,
])
if (quant.error) console.log('pngquant is not installed: the pictures are as large as they came.')
