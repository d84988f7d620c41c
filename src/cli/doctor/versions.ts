/** HTTP versions: what TLS agrees on, and whether a WebSocket opens over HTTP/2 where the server says so (RFC 8441). */
import { once } from 'node:events'
import { type ClientHttp2Session, connect, type OutgoingHttpHeaders } from 'node:http2'
import { connect as connectTls } from 'node:tls'
import { authorization } from '../options.js'
import { type Patient, seconds } from './exchange.js'
import { broken, type Finding, note, ok } from './finding.js'

const version = 'HTTP version'
const stream = 'event stream over HTTP/2'
const socket = 'WebSocket over HTTP/2'

/** `unknown`: the hub has refused this reader already. */
export async function versions(patient: Patient, unknown: boolean): Promise<Finding[]> {
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
    if (unknown) return [found]
    return [found, await streamOver(patient, session), await socketOver(patient, session)]
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

async function socketOver(patient: Patient, session: ClientHttp2Session): Promise<Finding> {
  const signal = AbortSignal.timeout(patient.patienceMs)
  const [settings] =
    session.remoteSettings.enableConnectProtocol === undefined
      ? await once(session, 'remoteSettings', { signal })
      : [session.remoteSettings]
  if (!settings.enableConnectProtocol)
    return note(socket, 'Is not offered: browsers open a connection of HTTP/1.1 for it.')
  const handshake = {
    ':method': 'CONNECT',
    ':protocol': 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-protocol': 'anywire.v1',
  }
  const failed = await speaks(patient, session, handshake)
  if (failed === undefined) return ok(socket, 'Opens.')
  const sentence =
    `Is offered, but ${failed}. Browsers take the offer and do not try HTTP/1.1 then: turn it off in the proxy, ` +
    'or let it through.'
  return broken(socket, 'no-upgrade', sentence)
}

async function streamOver(patient: Patient, session: ClientHttp2Session): Promise<Finding> {
  const headers = { ':method': 'POST', 'content-type': 'application/json', accept: 'text/event-stream' }
  const failed = await speaks(patient, session, headers, '{"subscribe":[]}')
  if (failed === undefined) return ok(stream, 'Streams.')
  return broken(stream, 'buffered', `The stream ${failed}.`)
}

/** Undefined when the hub's first frame has come; otherwise what came of it instead. */
async function speaks(
  { base, token, patienceMs }: Patient,
  session: ClientHttp2Session,
  headers: OutgoingHttpHeaders,
  body?: string,
): Promise<string | undefined> {
  const where = { ':path': base.pathname, ':scheme': 'https', ':authority': base.host }
  const asked = session.request({ ...where, ...authorization(token), ...headers }, { endStream: false })
  const signal = AbortSignal.timeout(patienceMs)
  const late = () => asked.destroy()
  signal.addEventListener('abort', late)
  if (body !== undefined) asked.end(body)
  try {
    const [head] = await once(asked, 'response', { signal })
    if (head[':status'] !== 200) return `is answered ${head[':status']}`
    for await (const chunk of asked) if (String(chunk).includes('"welcome"')) return undefined
    return signal.aborted ? `brings nothing within ${seconds(patienceMs)}` : 'ends without a word'
  } catch (thrown) {
    return signal.aborted ? `is not answered within ${seconds(patienceMs)}` : `fails: ${String(thrown)}`
  } finally {
    signal.removeEventListener('abort', late)
    asked.destroy()
  }
}
