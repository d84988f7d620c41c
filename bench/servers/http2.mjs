/** Naive SSE over HTTP/2 and TLS: `response.write` to each. */
import { createSecureServer } from 'node:http2'
import { makeAuthority, signLocalhost } from '../../dist/tls/certificate.js'
import { serve, stream } from './naive.mjs'

const certificate = await signLocalhost(await makeAuthority())
const settings = { maxConcurrentStreams: 1_000 }
serve(createSecureServer({ ...certificate, settings, allowHTTP1: true }, stream))
