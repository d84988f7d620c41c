/** What is read of a page's HTML. */
import { describe, expect, it } from 'vitest'
import { referencesIn } from './references.js'

const links = async (html: string, most = 32) =>
  (await referencesIn(html, most)).all.map(({ href, how }) => `${href} ${how.replace('rel=', '')}`)

describe('the references of a page', () => {
  it('are its stylesheets, scripts and modules, and what it preloads', async () => {
    const html = `<!doctype html><head>
      <link rel="stylesheet" href="a.css"><LINK REL='StyleSheet' HREF=b.css crossorigin>
      <link rel="modulepreload" href="c.js" crossorigin="use-credentials">
      <link rel="preload" as="font" href="d.woff2" type="font/woff2" crossorigin="anonymous">
      <script src="e.js?a=1&amp;b=2"></script><script type="module" src="f.js" crossorigin></script>
      <body><script async src="g.js"></script>`
    expect(await links(html)).toEqual([
      'a.css preload; as=style',
      'b.css preload; as=style; crossorigin',
      'c.js modulepreload; crossorigin="use-credentials"',
      'd.woff2 preload; as=font; crossorigin',
      'e.js?a=1&b=2 preload; as=script',
      'f.js modulepreload; crossorigin',
      'g.js preload; as=script',
    ])
  })

  it('are what its inline modules import', async () => {
    const html = `<script type="module">
      import { connect } from '/channels/$/client.js'
      import './own.js'; import bare from 'bare'
      import {
        a,
      } from "../a.js"
      const later = import('./later.js')
    </script>`
    expect(await links(html)).toEqual([
      '/channels/$/client.js modulepreload',
      './own.js modulepreload',
      '../a.js modulepreload',
    ])
  })

  it.each([
    ['has a condition', '<link rel=stylesheet href=a.css media=print><script nomodule src=a.js></script>'],
    ['is checked', '<script src=a.js integrity=sha256-x></script>'],
    ['is not on', '<link rel=stylesheet disabled href=a.css><link rel="alternate stylesheet" href=a.css>'],
    ['is no code', '<script type=application/json src=a.json></script><script type=importmap>{"imports":{}}</script>'],
    ['is not in the page', '<!-- <script src=a.js></script> --><template><script src=a.js></script></template>'],
    ['is text', '<textarea><script src=a.js></script></textarea><script>"<link rel=stylesheet href=a.css>"</script>'],
    ['is for those without scripts', '<noscript><link rel=stylesheet href=a.css></noscript>'],
    ['is not loaded', '<link rel=icon href=a.svg><a href=b.html>b</a><img src=c.png>'],
    ['is preloaded as nothing', '<link rel=preload href=a.css><link rel=preload href=a.css as="a; b">'],
    ['names nothing', '<link rel=stylesheet><script type=module></script><script src=""></script>'],
  ])('are not what %s', async (_what, html) => {
    expect(await links(html)).toEqual([])
  })

  it('are each once, and no more than asked for', async () => {
    const html = Array.from({ length: 500 }, (_, n) => `<script src="${n >> 1}.js"></script>`).join('')
    expect(await links(html, 3)).toEqual(['0.js', '1.js', '2.js'].map((name) => `${name} preload; as=script`))
  })

  it('are relative to its base', async () => {
    expect((await referencesIn('<base href="/b/"><base href="/c/">', 1)).base).toBe('/b/')
  })
})
