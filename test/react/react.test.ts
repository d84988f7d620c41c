/** `anywire/react` in both browsers, and where a server renders. */
import { createElement } from 'react'
import { renderToString } from 'react-dom/server'
import { describe, expect, it } from 'vitest'
import { AnywireProvider, useChannel, useConnection } from '../../src/react/index.js'
import { opener } from '../browsers/facts.js'
import { join } from '../client/join.js'
import { launchChromium } from '../support/browsers/chromium.js'
import { launchFirefox } from '../support/browsers/firefox.js'
import { reactFacts } from './facts.js'

const News = () => `${useChannel('news', { from: 'start' }).status}, ${useConnection().state}`

describe.each([
  ['Chromium', launchChromium],
  ['Firefox', launchFirefox],
])('anywire/react in %s', (_, launch) => {
  reactFacts(opener(launch))
})

describe('anywire/react on a server', () => {
  it('renders what is there before anything has come, and connects to nothing', async () => {
    const { client, hub } = await join()
    const html = renderToString(createElement(AnywireProvider, { client }, createElement(News)))
    expect(html).toBe('pending, idle')
    expect(client.state.value).toBe('idle')
    expect(hub.stats().connections).toBe(0)
  })
})
