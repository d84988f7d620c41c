/** Requests as no client sends them. `complete` ones follow HTTP so far that an answer is due. */
import { METHODS } from 'node:http'
import { handshake } from './frames.js'
import type { Random } from './random.js'
import { anyString, anyValue, spoilt } from './values.js'

const methods = METHODS.filter((method) => method !== 'CONNECT')
const goodNames = ['a', 'b', 'a/b', 'text', 'bytes', 'closed', 'a%2Fb', '%F0%9F%98%80']
/** None of them is the channel that must stay unharmed. */
const names = [
  'a',
  'b',
  'a/b',
  'text',
  'bytes',
  'closed',
  '$stats',
  '$presence/a',
  '%00',
  '%ff',
  '..',
  '%2e%2e',
  '.',
  'a%2Fb',
  '%',
  '%zz',
  'a//b',
  'x'.repeat(600),
  '\u00fc',
  '%F0%9F%98%80',
]
const goodParameters = [
  'live=sse',
  'live=poll',
  'live=long-poll',
  'offset=-1',
  'offset=now',
  'offset=last-2',
  'slow=conflate',
  'slow=disconnect',
  'rate=5',
  'cursor=1',
  'channel=a',
]
const parameters = ['live', 'offset', 'slow', 'rate', 'cursor', 'until', 'channel', 'token', 'x']
const headerNames = [
  'Accept',
  'Content-Type',
  'Last-Event-ID',
  'If-None-Match',
  'Authorization',
  'Cookie',
  'Stream-TTL',
  'Stream-Expires-At',
  'Stream-Closed',
  'Stream-Seq',
  'Producer-Id',
  'Producer-Epoch',
  'Producer-Seq',
  'Stream-Forked-From',
  'Stream-Fork-Offset',
  'Stream-Fork-Sub-Offset',
  'Message-Key',
  'Message-Event',
  'Content-Encoding',
  'Range',
  'Expect',
  'Connection',
  'Upgrade',
  'X-Forwarded-For',
  'X-Forwarded-Host',
  'X-Forwarded-Proto',
  'Access-Control-Request-Method',
  'User-Agent',
  'X',
]
const headerValues = [
  'text/event-stream',
  'application/json',
  'text/plain; charset=utf-8',
  'application/octet-stream',
  'multipart/form-data',
  'true',
  '0',
  '1',
  '-1',
  '1e3',
  '2030-01-01T00:00:00Z',
  'not a date',
  'Bearer x',
  '*',
  '"x"',
  'gzip',
  '100-continue',
  'close',
  'keep-alive, Upgrade',
  'websocket',
  'h2c',
  'bytes=0-1',
  '/channels/a',
  '/channels/nothing',
  '%E0%A4%A',
  '%0d%0a',
  'x'.repeat(700),
  '',
  ',',
  '\u00ff',
  '99999999999999999999',
]

/** A whole request, framed as HTTP asks. */
export function anyRequest(random: Random): Buffer {
  const body = random.chance(0.6) ? anyBody(random) : Buffer.alloc(0)
  const chunked = random.chance(0.2)
  const lines = [
    `${random.chance(0.75) ? random.pick(['GET', 'POST', 'PUT', 'DELETE', 'HEAD', 'OPTIONS']) : random.pick(methods)} ${anyTarget(random)} HTTP/1.${random.chance(0.9) ? 1 : 0}`,
  ]
  if (random.chance(0.97))
    lines.push(
      `Host: ${random.chance(0.9) ? 'localhost' : random.pick(['evil.example', '127.0.0.1:1', '', '[::1]', 'LOCALHOST', 'localhost.'])}`,
    )
  if (chunked) lines.push('Transfer-Encoding: chunked')
  else if (body.length > 0) lines.push(`Content-Length: ${body.length}`)
  for (let i = random.below(5); i > 0; i--)
    lines.push(
      `${random.pick(headerNames)}: ${random.chance(0.9) ? random.pick(headerValues) : oneLine(anyString(random))}`,
    )
  if (random.chance(0.02)) lines.push(`X: ${'y'.repeat(random.pick([9_000, 20_000]))}`)
  return Buffer.concat([
    Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'),
    chunked ? inChunks(random, body) : body,
  ])
}

/** Anything: requests broken at any place, several at once, no HTTP at all. */
export function garbage(random: Random): Buffer {
  const many = Array.from({ length: random.below(4) + 1 }, () => anyRequest(random))
  if (random.chance(0.1)) many.push(random.bytes(random.below(300)))
  if (random.chance(0.05)) many.unshift(Buffer.from('CONNECT localhost:1 HTTP/1.1\r\nHost: localhost\r\n\r\n'))
  if (random.chance(0.05)) many.unshift(Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'))
  return random.chance(0.8) ? random.mutate(Buffer.concat(many)) : Buffer.concat(many)
}

/** A handshake in which some lines are missing, doubled, or say something else. */
export function anyHandshake(random: Random): Buffer {
  const keys = ['', 'A', `${'A'.repeat(22)}==`, '!'.repeat(24), 'A'.repeat(500)].map(
    (key) => `Sec-WebSocket-Key: ${key}`,
  )
  const versions = ['8', '12', '14', '13, 8', 'x', ''].map((version) => `Sec-WebSocket-Version: ${version}`)
  const protocols = [
    'anywire.v1',
    'anywire.v2',
    ',',
    'a, a',
    'anywire.v1, anywire.token.x',
    '\u00ff',
    'x'.repeat(300),
  ].map((one) => `Sec-WebSocket-Protocol: ${one}`)
  const lines = random.some(handshake, 0.97)
  if (random.chance(0.15)) lines.push(random.pick(keys))
  if (random.chance(0.15)) lines.push(random.pick(versions))
  if (random.chance(0.5)) lines.push(random.pick(protocols))
  if (random.chance(0.2)) lines.push('Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=99')
  if (random.chance(0.2)) lines.push(`Origin: ${random.pick(['http://localhost', 'https://evil.example', 'null', ''])}`)
  const method = random.chance(0.9) ? 'GET' : random.pick(['POST', 'PUT', 'HEAD', 'OPTIONS'])
  return Buffer.from(
    `${[`${method} ${anyTarget(random)} HTTP/1.1`, 'Host: localhost', ...lines].join('\r\n')}\r\n\r\n`,
    'latin1',
  )
}

/** What a foreign page could make a browser send to the channel `control`. */
export function fromAnotherSite(random: Random): Buffer {
  const origin = random.pick([
    'https://evil.example',
    'null',
    'http://localhost.evil.example',
    'http://localhost:1',
    'http://127.0.0.1',
    'https://localhost@evil.example',
    'file://',
    '',
    'http://localhost, http://evil.example',
  ])
  const type = random.pick([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/json',
    undefined,
  ])
  const body = JSON.stringify({ n: -1, publish: [{ channel: 'control', data: { n: -1 } }] })
  const target = random.pick([
    '/channels/control',
    '/channels/control?x',
    '/channels/control?offset=now',
    '/channels/%63ontrol',
    '/channels',
  ])
  const lines = [
    `${random.pick(['POST', 'POST', 'POST', 'PUT', 'DELETE'])} ${target} HTTP/1.1`,
    'Host: localhost',
    `Origin: ${origin}`,
    `Content-Length: ${body.length}`,
  ]
  if (type) lines.push(`Content-Type: ${type}`)
  if (random.chance(0.3))
    lines.push(
      random.pick([
        'X-Forwarded-Host: evil.example',
        'Stream-Closed: true',
        'Referer: http://localhost/',
        'Origin: http://localhost',
        'Sec-Fetch-Site: same-origin',
      ]),
    )
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n${body}`)
}

/** A POST on the mount path. */
export function anyPost(random: Random): Buffer {
  const name = () => random.pick(['a', 'b', 'text', 'bytes', 'closed'])
  const body = Buffer.from(
    spoilt(random, {
      subscribe: [
        { channel: name(), offset: random.pick(['now', '-1', 'last-2', 'snapshot']), slow: 'conflate', rate: 10 },
        { channel: name() },
      ],
      publish: [
        {
          id: 1,
          channel: name(),
          data: anyValue(random),
          event: 'e',
          key: 'k',
          producer: { id: 'p', epoch: 0, seq: random.below(3) },
        },
        { channel: name(), base64: 'AAEC' },
      ],
    }),
  )
  const accept = random.chance(0.4) ? 'Accept: text/event-stream\r\n' : ''
  return Buffer.concat([
    Buffer.from(`POST /channels HTTP/1.1\r\nHost: localhost\r\n${accept}Content-Length: ${body.length}\r\n\r\n`),
    body,
  ])
}

function anyTarget(random: Random): string {
  const pairs = Array.from({ length: random.below(4) }, () => anyParameter(random))
  const path = random.chance(0.93)
    ? `/channels/${encodedOnce(random.pick(random.chance(0.7) ? goodNames : names))}`
    : random.pick(['/channels', '/', '*', '/channelsx', 'http://localhost/channels/a', '/channels/', '//', '/other'])
  return path + (pairs.length > 0 ? `?${pairs.join('&')}` : '')
}

function anyParameter(random: Random): string {
  if (random.chance(0.7)) return random.pick(goodParameters)
  const value = random.chance(0.8) ? encodeURIComponent(anyString(random).toWellFormed()) : '%E0%A'
  return `${random.pick(parameters)}=${value}`
}

function encodedOnce(name: string): string {
  return name === '\u00fc' ? '\u00c3\u00bc' : name
}

function anyBody(random: Random): Buffer {
  return random.pick([
    () => Buffer.from(spoilt(random, [{ n: 1 }, anyValue(random)])),
    () => Buffer.from(JSON.stringify(anyValue(random))),
    () => random.bytes(random.below(200)),
    () => Buffer.from(anyString(random)),
    () => Buffer.alloc(random.pick([1, 5_000, 20_000]), 'x'),
  ])()
}

function inChunks(random: Random, body: Buffer): Buffer {
  const parts: Buffer[] = []
  for (let at = 0; at < body.length; ) {
    const chunk = body.subarray(at, at + 1 + random.below(2_000))
    const extension = random.chance(0.1) ? ';x="y"' : ''
    parts.push(Buffer.from(`${chunk.length.toString(16)}${extension}\r\n`), chunk, Buffer.from('\r\n'))
    at += chunk.length
  }
  return Buffer.concat([...parts, Buffer.from(random.chance(0.1) ? '0\r\nX: y\r\n\r\n' : '0\r\n\r\n')])
}

function oneLine(text: string): string {
  return text.replaceAll(/[\r\n]/g, '')
}
