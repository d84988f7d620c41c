/** A revocation ends every form over HTTP/2 and TLS, as it does over HTTP/1.1 (test/access has what a token may be). */
import { describe, expect, it } from 'vitest'
import { speak } from '../support/transport.js'

speak('h2')
const { endOf, everyForm, formsOfMany, opened } = await import('../support/clients/readers.js')
const { asks } = await import('../support/clients/refused.js')
const { serveHub } = await import('../support/hub-server.js')
const { bearer, named } = await import('../access/worlds.js')

describe.each(everyForm)('%s over HTTP/2', (form) => {
  it('ends with its credential, and is refused then', async () => {
    const server = await serveHub({ authenticate: named() })
    const [reader] = [await opened(form, server, bearer('ann')), await opened(form, server, bearer('bob'))]
    await server.hub.revoke({ principal: 'ann' })
    expect(await reader.ended).toEqual(endOf(form, 401))
    const { status, headers } = await asks[form](server, bearer('ann'))
    expect([status, headers?.['www-authenticate']]).toEqual([401, expect.stringContaining('revoked')])
    expect(server.hub.stats().subscriptions).toBe(form === 'many channels' ? 2 : 1)
  })

  if (formsOfMany.includes(form)) return

  it('ends with the right to its channel, and is refused then', async () => {
    const server = await serveHub({ authenticate: named() })
    const reader = await opened(form, server, bearer('ann'))
    await server.hub.revoke({ channel: 'n' })
    expect(await reader.ended).toEqual(endOf(form, 403))
    expect((await asks[form](server, bearer('ann'))).status).toBe(403)
  })
})
