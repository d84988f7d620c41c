/** Server Push over TLS: `/` comes with `/style.css` before the client has asked for it. Browsers have turned it off: see it with `nghttp -v`. */
import { createSecureServer } from 'node:http2'
import { http2Options, localhostCertificate, pages } from 'anywire'

export async function push() {
  const certificate = await localhostCertificate()
  return createSecureServer({ ...certificate, ...http2Options() }, pages(new URL('public', import.meta.url)))
}
