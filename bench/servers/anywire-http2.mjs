/** Anywire on a server of HTTP/2, with TLS (and HTTP/1.1) unless BENCH_SPEECH is `h2c`. */
import { createSecureServer, createServer } from 'node:http2'
import { createHub, http2Options } from 'anywire'
import { makeAuthority, signLocalhost } from '../../dist/tls/certificate.js'
import { listen } from './control.mjs'

const limits = { connectionsPerAddress: null, sessionsPerAddress: null, publishesPerSecond: null }
const hub = createHub({ limits })
const tls = async () => ({ ...(await signLocalhost(await makeAuthority())), ...http2Options() })
const server = process.env.BENCH_SPEECH === 'h2c' ? createServer(http2Options()) : createSecureServer(await tls())
hub.attach(server)

listen(server, (message, done) => {
  hub.publish('bench', JSON.parse(message.toString())).then(done)
})
