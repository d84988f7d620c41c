/** HTTP versions: what TLS agrees on, and whether a WebSocket opens over HTTP/2 where the server says so (RFC 8441). */
import { once } from 'node:events'
import { type ClientHttp2Session, connect } from 'node:http2'
import { connect as connectTls } from 'node:tls'
import { authorization } from '../options.js'
import { type Patient, seconds } from './exchange.js'
import { broken, type Finding, note, ok } from './finding.js'

const version = 'HTTP version'
const socket = 'WebSocket over HTTP/2'

export async function versions(patient: Patient): Promise<Finding[]> {
  const { base } = patient
  if (base.protocol !== 'https:')
    return [
      note(
        version,
        'HTTP/1.1, since there is no TLS: a browser holds six connections to a host, event streams among them.',
      ),
    ]
  const agreed = await alpn(patient)
  if (agreed !== 'h2')
    return [
      note(
        version,
        'HTTP/1.1, since HTTP/2 is not offered: a browser holds six connections to a host, event streams among them.',
      ),
    ]
  const session = connect(base.origin, { rejectUnauthorized: !patient.insecure })
  session.on('error', () => undefined)
  try {
    const found = ok(version, 'HTTP/2 is offered: event streams share one connection.')
    return [found, await overHttp2(patient, session)]
  } finally {
    session.destroy()
  }
}

async function alpn({ base, insecure }: Patient): Promise<string | false | null> {
  const host = base.hostname.replace(/^\[|\]$/g, '')
  const tls = connectTls({
    host,
    port: Number(base.port || 443),
    ...(/[a-z]/i.test(host) && !host.includes(':') && { servername: host }),
    ALPNProtocols: ['h2', 'http/1.1'],
    rejectUnauthorized: !insecure,
  })
  try {
    await once(tls, 'secureConnect')
    return tls.alpnProtocol
  } finally {
    tls.destroy()
  }
}

async function overHttp2(patient: Patient, session: ClientHttp2Session): Promise<Finding> {
  const signal = AbortSignal.timeout(patient.patienceMs)
  const [settings] = await once(session, 'remoteSettings', { signal })
  if (!settings.enableConnectProtocol)
    return note(socket, 'Is not offered: browsers open a connection of HTTP/1.1 for it.')
  const stream = session.request({
    ':method': 'CONNECT',
    ':protocol': 'websocket',
    ':path': patient.base.pathname,
    ':scheme': 'https',
    ':authority': patient.base.host,
    'sec-websocket-version': '13',
    'sec-websocket-protocol': 'anywire.v1',
    ...authorization(patient.token),
  })
  try {
    const [head] = await once(stream, 'response', { signal })
    if (head[':status'] !== 200) return fails(`is answered ${head[':status']}`)
    for await (const chunk of stream) if (String(chunk).includes('"welcome"')) return ok(socket, 'Opens.')
    return fails('ends without a word')
  } catch (thrown) {
    return fails(signal.aborted ? `is not answered within ${seconds(patient.patienceMs)}` : String(thrown))
  } finally {
    stream.destroy()
  }
}

function fails(how: string): Finding {
  return broken(
    socket,
    'no-upgrade',
    `Is offered, but ${how}. Browsers take the offer and do not try HTTP/1.1 then: turn it off in the proxy, or let it through.`,
  )
}
