/** Every code block of the documents runs as it is pasted. Those with pages are walked in browser.test.ts. */
import { describe, expect, it } from 'vitest'
import { blocksOf, documents, needsBrowser } from './blocks.js'
import { walk } from './walk.js'

const walked = documents.filter((name) => blocksOf(name).length > 0 && !needsBrowser(name))

describe('a reader', { timeout: 240_000 }, () => {
  it.each(walked)('can follow %s word by word', async (document) => {
    await expect(walk(document)).resolves.toBeUndefined()
  })
})
