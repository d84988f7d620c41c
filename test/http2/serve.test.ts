/** `anywire serve` with TLS, and `anywire trust`. */
import { execFileSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, realpathSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { connect as connectHttp2, type IncomingHttpHeaders } from 'node:http2'
import { Agent, get } from 'node:https'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as connectTls } from 'node:tls'
import { describe, expect, it, onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { makeAuthority, signLocalhost } from '../../src/tls/certificate.js'
import { anywire } from '../support/program.js'

const folder = () => mkdtempSync(join(tmpdir(), 'anywire-tls-'))

async function serve(args: string[], env: Record<string, string> = {}) {
  const program = anywire(['serve', '--port', '0', ...args], { env })
  const url = new URL(await program.listening())
  return { program, url, port: Number(url.port) }
}

/** A file of a certificate of its own, and how to replace it by one of another serial number. */
async function ownCertificate() {
  const authority = await makeAuthority()
  const [cert, key] = [join(folder(), 'cert.pem'), join(folder(), 'key.pem')]
  const renew = async () => {
    const made = await signLocalhost(authority)
    writeFileSync(key, made.key)
    writeFileSync(cert, made.cert)
    return new X509Certificate(made.cert).serialNumber
  }
  return { cert, key, ca: authority.cert, renew, first: await renew() }
}

async function serialAt(port: number, ca: string): Promise<string> {
  const socket = connectTls({ port, host: '127.0.0.1', ca })
  await once(socket, 'secureConnect')
  const { serialNumber } = socket.getPeerCertificate()
  socket.destroy()
  return serialNumber
}

function http2(url: URL, ca?: string) {
  const session = connectHttp2(url.origin, { ...(ca && { ca }) })
  session.on('error', () => undefined)
  onTestFinished(() => session.destroy())
  const ask = async (path: string, headers: IncomingHttpHeaders = {}) => {
    const stream = session.request({ ':path': path, ...headers })
    stream.on('error', () => undefined)
    const [head] = (await once(stream, 'response')) as [IncomingHttpHeaders & { ':status': number }]
    return { head, stream }
  }
  return { session, ask }
}

describe('anywire serve --tls', () => {
  it('makes an authority and a certificate once, and keeps them for this user', async () => {
    const data = folder()
    const kept = (name: string) => join(data, 'anywire', name)
    const { program, url, port } = await serve(['--tls'], { XDG_DATA_HOME: data })
    const ca = readFileSync(kept('ca.pem'), 'utf8')
    expect(url.protocol).toBe('https:')
    expect((await http2(url, ca).ask('/channels/n')).head[':status']).toBe(200)
    const [response] = await once(get(`${url.origin}/channels/n`, { agent: new Agent({ ca }) }), 'response')
    expect([response.statusCode, response.httpVersion]).toEqual([200, '1.1'])
    expect(statSync(kept('ca-key.pem')).mode & 0o077).toBe(0)
    const serial = await serialAt(port, ca)
    expect(await program.stop('SIGTERM')).toMatchObject({ code: 0, errors: '' })
    const again = await serve(['--tls'], { XDG_DATA_HOME: data })
    expect(await serialAt(again.port, ca)).toBe(serial)
  })

  it('takes a renewed certificate when its file changes and on SIGHUP, under an event stream that goes on', async () => {
    const { cert, key, ca, renew, first } = await ownCertificate()
    const { program, url, port } = await serve(['--cert', cert, '--key', key])
    expect(await serialAt(port, ca)).toBe(first)
    const { stream } = await http2(url, ca).ask('/channels/n', { accept: 'text/event-stream' })
    const second = await renew()
    await program.until(({ lines }) => lines.includes('certificate loaded'))
    expect(await serialAt(port, ca)).toBe(second)
    writeFileSync(cert, 'no certificate')
    program.child.kill('SIGHUP')
    await program.until(({ errors }) => errors.includes('the certificate stays as it was'))
    expect(await serialAt(port, ca)).toBe(second)
    http2(url, ca).session.request({ ':path': '/channels/n', ':method': 'POST' }).end('1')
    let text = ''
    while (!text.includes('data: 1')) text += (await once(stream, 'data'))[0]
  })

  it('has browsers come back with TLS alone if told so', async () => {
    const { cert, key, ca } = await ownCertificate()
    const { url } = await serve(['--cert', cert, '--key', key, '--hsts'])
    for (const path of ['/channels/n', '/elsewhere'])
      expect((await http2(url, ca).ask(path)).head['strict-transport-security']).toBe('max-age=31536000')
    const [response] = await once(get(`${url.origin}/channels/n`, { agent: new Agent({ ca }) }), 'response')
    expect(response.headers['strict-transport-security']).toBe('max-age=31536000')
  })

  it('ends its streams and sessions when it is told to stop', async () => {
    const { cert, key, ca } = await ownCertificate()
    const { program, url } = await serve(['--cert', cert, '--key', key])
    const { session, ask } = http2(url, ca)
    const { stream } = await ask('/channels/n', { accept: 'text/event-stream' })
    const ended = once(stream.resume(), 'end')
    const exit = program.stop('SIGTERM')
    await Promise.all([ended, once(session, 'close')])
    expect(await exit).toMatchObject({ code: 0, errors: '' })
  })

  it.each([
    [['--cert', 'a.pem'], /go together/],
    [['--cert', 'a.pem', '--key', 'b.pem'], /There is no file a\.pem/],
    [['--tls', '--h2c'], /without TLS/],
    [['--hsts'], /--hsts needs --tls/],
  ])('says what is wrong with %j', async (args, sentence) => {
    const { code, errors } = await anywire(['serve', '--port', '0', ...args]).exited
    expect([code, errors]).toEqual([1, expect.stringMatching(sentence)])
  })

  it('is read by curl over HTTP/2 and HTTP/1.1', async () => {
    const { cert, key, ca } = await ownCertificate()
    const authority = join(folder(), 'ca.pem')
    writeFileSync(authority, ca)
    const { url } = await serve(['--cert', cert, '--key', key])
    for (const version of ['--http2', '--http1.1']) {
      const args = ['-s', version, '--cacert', authority, '-w', ' %{http_version}', `${url.origin}/channels/n`]
      expect(execFileSync('curl', args).toString()).toBe(`[] ${version === '--http2' ? '2' : '1.1'}`)
    }
  })
})

describe('anywire serve --h2c', () => {
  it('speaks HTTP/2 and HTTP/1.1 without TLS on one port', async () => {
    const { program, url } = await serve(['--h2c'])
    const curl = (...args: string[]) =>
      execFileSync('curl', ['-s', '-w', ' %{http_version}', ...args, `${url.origin}/channels/n`]).toString()
    expect(execFileSync('nghttp', [`${url.origin}/channels/n`]).toString()).toBe('[]')
    expect(curl('--http2-prior-knowledge')).toBe('[] 2')
    expect([curl(), curl('--http2')]).toEqual(['[] 1.1', '[] 1.1'])
    expect(curl('-d', JSON.stringify('x'.repeat(100_000)))).toBe(' 1.1')
    const socket = new WebSocket(`${url.origin.replace('http', 'ws')}/channels/n?offset=-1`)
    expect(String((await once(socket, 'message'))[0])).toHaveLength(100_002)
    const { head, stream } = await http2(url).ask('/channels/n', { accept: 'text/event-stream' })
    expect(head[':status']).toBe(200)
    const [closed, ended] = [once(socket, 'close'), once(stream.resume(), 'end')]
    expect(await program.stop('SIGTERM')).toMatchObject({ code: 0, errors: '' })
    await Promise.all([closed, ended])
  })

  it('ends a session too many, whatever it has sent already', async () => {
    const config = join(folder(), 'config.mjs')
    writeFileSync(config, 'export default { limits: { sessionsPerAddress: 1 } }')
    const { url } = await serve(['--h2c', '--config', config])
    await http2(url).ask('/channels/n', { accept: 'text/event-stream' })
    expect(execFileSync('nghttp', [`${url.origin}/channels/n`], { stdio: 'pipe' }).toString()).toBe('')
    expect(execFileSync('curl', ['-s', `${url.origin}/channels/n`]).toString()).toBe('[]')
  })

  it('waits until the first bytes tell which it is', async () => {
    const { port } = await serve(['--h2c'])
    const first = async (...parts: string[]) => {
      const socket = connect(port, '127.0.0.1')
      onTestFinished(() => void socket.destroy())
      socket.setNoDelay(true)
      for (const part of parts) await new Promise((done) => socket.write(part, done))
      return String((await once(socket, 'data'))[0])
    }
    expect(await first('P', 'UT /channels/p HTTP/1.1\r\nHost: localhost\r\n\r\n')).toMatch(/^HTTP\/1\.1 201 /)
    const [preface, settings] = ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', '\0\0\0\x04\0\0\0\0\0']
    expect((await first('P', 'RI', preface.slice(3), settings)).slice(3, 4)).toBe('\x04')
  })
})

describe('anywire trust', () => {
  it('puts the authority where Chromium looks, takes it away again, and shows what it may not do', async () => {
    const [home, bin] = [folder(), folder()]
    // What only root may change stays as it is, since its program is not found.
    symlinkSync(realpathSync('/usr/bin/certutil'), join(bin, 'certutil'))
    const env = { HOME: home, XDG_DATA_HOME: home, PATH: bin }
    const { code, lines } = await anywire(['trust'], { env }).exited
    expect(code).toBe(0)
    expect(lines).toContain(`trusted:   ${join(home, '.pki/nssdb')}`)
    expect(lines.join('\n')).toMatch(/update-ca-certificates$/m)
    const list = () => execFileSync('certutil', ['-L', '-d', `sql:${home}/.pki/nssdb`]).toString()
    expect(list()).toMatch(/Anywire local CA\s+C,,/)
    await anywire(['trust', '--remove'], { env }).exited
    expect(list()).not.toContain('Anywire')
    expect(existsSync(join(home, 'anywire/ca.pem'))).toBe(true)
  })
})
