/** The feed in Chromium: two people who follow each other, or do not. */
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { type Browser, expectTexts, launchChromium, setNetwork, startPlayground, type Tab, turnNetwork } from './tab.js'

describe('the feed', () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await launchChromium()
  })
  afterAll(() => browser?.close())

  async function people(): Promise<[Tab, Tab]> {
    const origin = await startPlayground()
    const tabs = await Promise.all([1, 2].map(() => browser.open(`${origin}/feed`)))
    for (const tab of tabs) {
      onTestFinished(() => tab.close())
      await expectTexts(tab, '.connection [role=status]').toEqual(['connected'])
      await expectTexts(tab, '.timeline .post').not.toEqual([])
    }
    return tabs as [Tab, Tab]
  }

  const idOf = (tab: Tab) => tab.call<string>(`() => /me=([^;]*)/.exec(document.cookie)[1]`)
  async function write(tab: Tab, text: string): Promise<void> {
    await tab.type('#post', text)
    await tab.click('.below .main')
  }
  const mine = '.post.mine[data-state=posted] > p'
  /** Texts of posts of one author, newest first. */
  const said = (tab: Tab, name: string) =>
    tab.call<string[]>(
      `(name) => [...document.querySelectorAll('.post')].filter((post) => post.querySelector('b').textContent === name).map((post) => post.querySelector('p').textContent)`,
      name,
    )
  const nameOf = (tab: Tab) => tab.call<string>(`() => localStorage.getItem('name')`)

  it('shows what the followed write and who likes it, once and in the order of time, after a cut and from the outbox too', async () => {
    const [ann, bob] = await people()
    const [id, name] = [await idOf(ann), await nameOf(ann)]
    await write(ann, '<i>one</i>')
    await expectTexts(ann, mine).toEqual(['<i>one</i>'])
    await bob.click(`[data-author="${id}"] .button`)
    await expect.poll(() => said(bob, name)).toEqual(['<i>one</i>'])
    const like = `[data-post="${await ann.call(`() => document.querySelector('.post.mine').dataset.post`)}"] .like`
    await bob.click(like)
    await expectTexts(ann, like).toEqual(['♡ 1'])
    await ann.click(like)
    await expectTexts(bob, like).toEqual(['♥ 2'])
    await bob.click(like)
    await expectTexts(ann, like).toEqual(['♥ 1'])
    expect([...ann.faults, ...bob.faults]).toEqual([])
    await setNetwork(ann, 'cut')
    await write(ann, 'two')
    await write(ann, 'three')
    await expectTexts(ann, '.post[data-state=waiting] .state').toEqual(
      Array(2).fill('kept until there is a connection'),
    )
    await ann.reload()
    await expectTexts(ann, '.post[data-state=waiting] > p').toEqual(['three', 'two'])
    expect(await said(bob, name)).toEqual(['<i>one</i>'])
    await turnNetwork(ann, 'open')
    const all = ['three', 'two', '<i>one</i>']
    await expect.poll(() => said(bob, name)).toEqual(all)
    await expectTexts(ann, mine).toEqual(all)
    await expectTexts(ann, '.post[data-state=waiting]').toEqual([])
  })

  it('reads whom one follows and nobody else, and remembers who that is', async () => {
    const [ann, bob] = await people()
    const authors = (tab: Tab) =>
      tab.call<string[]>(
        `() => [...new Set([...document.querySelectorAll('.post b')].map((one) => one.textContent))].sort()`,
      )
    const atFirst = ['Ilse Tern', 'Maren Lund', 'Noor Falk']
    await expect.poll(() => authors(ann)).toEqual(atFirst)
    // It follows those whom the page knows by then.
    await expect.poll(() => ann.call<number>(`() => document.querySelectorAll('[data-author]').length`)).toBe(9)
    await ann.click('.authors header .button:nth-of-type(1)')
    await expect.poll(async () => (await authors(ann)).length).toBe(9)
    await ann.click('[data-author="ilse-tern"] .button')
    await expect.poll(async () => (await authors(ann)).includes('Ilse Tern')).toBe(false)
    await ann.reload()
    await expect.poll(async () => (await authors(ann)).length).toBe(8)
    await ann.click('.authors header .button:nth-of-type(2)')
    await expect.poll(() => authors(ann)).toEqual([])
    await expect.poll(() => authors(bob)).toEqual(atFirst)
  })
})
