/** Our client in a browser, over one TLS port: its race, what it falls back to, and tabs that share. */
import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2'
import type { Socket } from 'node:net'
import { describe, expect, it, vi } from 'vitest'
import { heard, type Open } from '../browsers/facts.js'
import type { Page } from '../support/browsers/browser.js'
import type { PageServer } from '../support/browsers/page-server.js'
import type { HubServer } from '../support/hub-server.js'
import { type SpeechOptions, speak } from '../support/transport.js'
import { listening } from './browser-facts.js'

type Fault = 'refused' | 'black-holed'

/** Has the server do so with WebSockets of both versions of HTTP, and with event streams if they are held: the hub never hears of them. */
function obstruct({ server }: HubServer, fault: Fault, streams: 'held' | 'pass' = 'pass'): void {
  const emit: (event: string, ...values: unknown[]) => boolean = server.emit.bind(server)
  const refuses = fault === 'refused'
  Object.assign(server, {
    emit(event: string, ...values: unknown[]): boolean {
      const [first, second] = values
      const headers = (event === 'stream' ? second : {}) as IncomingHttpHeaders
      if (event === 'upgrade') {
        if (refuses) (second as Socket).end('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n')
        return true
      }
      if (headers[':method'] === 'CONNECT') {
        if (refuses) (first as ServerHttp2Stream).respond({ ':status': 403 }, { endStream: true })
        return true
      }
      return (streams === 'held' && headers.accept?.includes('event-stream')) || emit(event, ...values)
    },
  })
}

export function clientFacts(open: Open, certificate: () => SpeechOptions): void {
  describe('the client over one port', () => {
    /** A page whose client reads from the start, and hears all that is published while it looks for its transport. */
    async function reading(change: (served: PageServer) => void = () => undefined) {
      speak('h2', certificate())
      const served = await listening()
      change(served)
      const tab = await open(served.origin)
      await tab.call('follow', 'client', served.url(), 'news', { share: 'none' })
      let count = 0
      /** Promises 1 and 2. */
      const hearsAll = async () => {
        for (let n = 0; n < 20; n++) await served.hub.publish('news', count++)
        const items = await heard(tab, 'client', 'message', count)
        expect(items.map(({ data }) => data)).toEqual(Array.from({ length: count }, (_, n) => n))
      }
      return { ...served, tab, hearsAll }
    }

    it('uses a WebSocket over HTTP/2', async () => {
      const { tab, asked, hearsAll } = await reading()
      await heard(tab, 'client', 'websocket')
      await hearsAll()
      expect(asked).toContain('CONNECT 2.0')
    })

    it.each<Fault>(['refused', 'black-holed'])(
      'reads by a stream over HTTP/2 where WebSockets are %s',
      async (fault) => {
        const { tab, asked, hearsAll } = await reading((served) => obstruct(served, fault))
        await hearsAll()
        await heard(tab, 'client', 'stream')
        await hearsAll()
        expect(new Set(asked)).toEqual(new Set(['POST 2.0']))
      },
    )

    it('reads by polls over HTTP/2 where streams are held back too', async () => {
      const { tab, asked, hearsAll } = await reading((served) => obstruct(served, 'refused', 'held'))
      await hearsAll()
      await heard(tab, 'client', 'poll')
      await hearsAll()
      expect(new Set(asked)).toEqual(new Set(['POST 2.0']))
    })

    it('shares one connection between the tabs of a person', async () => {
      speak('h2', certificate())
      const { hub, origin, url } = await listening()
      const first = await open(origin)
      const tabs: Page[] = [first, await first.beside(origin), await first.beside(origin)]
      for (const tab of tabs) await tab.call('follow', 'client', url(), 'news', { share: 'tabs' })
      await hub.publish('news', 1)
      for (const tab of tabs) expect(await heard(tab, 'client', 'message')).toMatchObject([{ data: 1 }])
      await vi.waitFor(() => expect(hub.stats().connections).toBe(1), 30_000)
      await hub.publish('news', 2)
      for (const tab of tabs) expect(await heard(tab, 'client', 'message', 2)).toMatchObject([{ data: 1 }, { data: 2 }])
    })
  })
}
