/** A page that takes 300 ms to make: at `/ahead` its assets are told of first, at `/nothing` they are not. The folder of its certificate is the argument. */
import { readFileSync } from 'node:fs'
import { createSecureServer } from 'node:http2'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { http2Options, pages } from 'anywire'
import { listen } from './control.mjs'

const folder = process.argv[2] ?? ''
const file = (/** @type {string} */ name) => readFileSync(join(folder, name))
const site = pages(new URL('../pages', import.meta.url))
const html = readFileSync(new URL('../pages/index.html', import.meta.url))

const options = { ...http2Options(), key: file('key.pem'), cert: file('cert.pem') }
const server = createSecureServer(options, async (request, response) => {
  if (request.url !== '/ahead' && request.url !== '/nothing') return site(request, response)
  const took = wait(300)
  if (request.url === '/ahead') await site.ahead(request, response, 'index.html')
  response.setHeader('content-type', 'text/html')
  response.setHeader('server-timing', `push;desc=${response.stream.pushAllowed ? 'on' : 'off'}`)
  await took
  response.end(html)
})

listen(server, (_message, done) => done())
