/** Options for an HTTP/2 server, so that the hub can do all it does, and no client more than it should. */
import type { SecureServerOptions } from 'node:http2'

/**
 * Names of cipher suites of TLS 1.2 with forward secrecy and an AEAD, which HTTP/2 asks for (RFC 9113 §9.2.2); those of
 * 1.3 all have both.
 */
const ciphers = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
].join(':')

export interface Http2Options {
  /**
   * Tells clients that WebSockets may be opened over HTTP/2 (RFC 8441). Turn it off if the server has other WebSockets
   * beside the hub's, unless it answers the event 'connect'. A browser that is told this does not try HTTP/1.1 any
   * more.
   * @default true
   */
  readonly webSockets?: boolean
  /**
   * Streams that a client may have open in one session. Event streams, polls and requests of a page share them.
   * @default 1_000
   * @unit streams
   */
  readonly streamsPerSession?: number
}

/**
 * Options for `http2.createSecureServer` and `http2.createServer`, to be spread beside key and certificate:
 * `createSecureServer({ key, cert, ...http2Options() })`.
 */
export function http2Options({ webSockets = true, streamsPerSession = 1_000 }: Http2Options = {}) {
  return {
    allowHTTP1: true,
    minVersion: 'TLSv1.2',
    ciphers,
    honorCipherOrder: true,
    settings: {
      enableConnectProtocol: webSockets,
      maxConcurrentStreams: streamsPerSession,
      // What a client may send before it is read, of one stream; larger bodies wait for the window.
      initialWindowSize: 65_535,
      maxHeaderListSize: 32_768,
    },
    // A request has a few dozen headers; 4 of these are pseudo-headers.
    maxHeaderListPairs: 100,
    // MB: headers, what came and is not read, and what is written and not taken, of one session: a slice for each of
    // 500 streams. Beyond it new streams are refused.
    maxSessionMemory: 32,
    // Frames that break the protocol but not the session, and streams refused: so many are an attack.
    maxSessionInvalidFrames: 100,
    maxSessionRejectedStreams: 100,
    maxOutstandingPings: 10,
    handshakeTimeout: 10_000,
    // What speaks neither HTTP/2 nor HTTP/1.1 by ALPN.
    unknownProtocolTimeout: 5_000,
  } as const satisfies SecureServerOptions
}
