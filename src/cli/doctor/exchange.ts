/** One HTTP request as a probe makes it: how long each step took, and the body as it comes. */
import { type IncomingHttpHeaders, type IncomingMessage, request as openHttp } from 'node:http'
import { request as openHttps } from 'node:https'
import type { Transform } from 'node:stream'
import { constants, createBrotliDecompress, createGunzip, createInflate } from 'node:zlib'
import { authorization } from '../options.js'

/** What every probe is told. */
export interface Patient {
  /** The mount path. */
  readonly base: URL
  readonly token: string | undefined
  /** Take any certificate. */
  readonly insecure: boolean
  /** How long a first byte may take before it counts as held back. */
  readonly patienceMs: number
}

export interface Asked {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** An answer's head. */
export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly httpVersion: string
  /** Milliseconds until the connection stood, TLS included. */
  readonly connectMs: number
  /** Milliseconds from the request to the head. */
  readonly firstByteMs: number
  /** When the hub had the request, by this machine's clock: halfway. */
  readonly askedAt: number
  readonly body: Body
}

/** Nothing came in time. */
export class Silent extends Error {}

/** A body that grows. */
export class Body {
  /** What has come, decoded. */
  text = ''
  /** When bytes came last, by `performance.now()`. */
  lastAt = performance.now()
  over = false
  readonly #response: IncomingMessage
  readonly #grown = new Set<() => void>()

  constructor(response: IncomingMessage) {
    this.#response = response
    const plain = decoded(response)
    plain.on('data', (chunk: Buffer) => {
      this.text += chunk.toString('utf8')
      this.lastAt = performance.now()
      this.#tell()
    })
    // A body that was cut off has an error and no end.
    for (const stream of [response, plain]) stream.on('error', () => this.#end())
    for (const event of ['end', 'close']) plain.on(event, () => this.#end())
    response.on('close', () => this.#end())
  }

  /** Whether it came to fit in time; false if it ended before. */
  async until(fits: (body: Body) => boolean, ms: number): Promise<boolean> {
    const end = performance.now() + ms
    while (!fits(this)) {
      const left = end - performance.now()
      if (this.over || left <= 0) return false
      await new Promise<void>((resolve) => {
        const timer = setTimeout(done, left)
        const grown = this.#grown
        grown.add(done)
        function done(): void {
          clearTimeout(timer)
          grown.delete(done)
          resolve()
        }
      })
    }
    return true
  }

  close(): void {
    this.#response.destroy()
  }

  #end(): void {
    this.over = true
    this.#tell()
  }

  #tell(): void {
    for (const done of this.#grown) done()
  }
}

/** Asks on a connection of its own. @throws Silent if no head came within `ms`; or why there is no connection. */
export function ask(patient: Patient, url: URL, asked: Asked = {}, ms = patient.patienceMs): Promise<Answer> {
  const { method = 'GET', headers = {}, body } = asked
  return new Promise((resolve, reject) => {
    const start = performance.now()
    let connectMs = 0
    const open = url.protocol === 'https:' ? openHttps : openHttp
    const request = open(url, {
      method,
      headers: { 'accept-encoding': 'gzip, deflate, br', ...authorization(patient.token), ...headers },
      agent: false,
      rejectUnauthorized: !patient.insecure,
    })
    const timer = setTimeout(() => request.destroy(new Silent(`Nothing came within ${seconds(ms)}.`)), ms)
    request.on('socket', (socket) => {
      socket.once(url.protocol === 'https:' ? 'secureConnect' : 'connect', () => {
        connectMs = performance.now() - start
      })
    })
    request.on('response', (response) => {
      clearTimeout(timer)
      const firstByteMs = performance.now() - start - connectMs
      resolve({
        status: response.statusCode ?? 0,
        headers: response.headers,
        httpVersion: response.httpVersion,
        connectMs,
        firstByteMs,
        askedAt: Date.now() - firstByteMs / 2,
        body: new Body(response),
      })
    })
    request.on('error', (error) => {
      clearTimeout(timer)
      reject(error)
    })
    request.end(body)
  })
}

/** The hub's own error, if that is what was answered. */
export async function errorOf(answer: Answer): Promise<{ code: string; message: string } | undefined> {
  await answer.body.until(({ over }) => over, 2_000)
  try {
    const { error } = JSON.parse(answer.body.text) as { error?: { code?: unknown; message?: unknown } }
    if (typeof error?.code !== 'string') return undefined
    return { code: error.code, message: String(error.message) }
  } catch {
    return undefined
  }
}

export function seconds(ms: number): string {
  return `${Number((ms / 1_000).toFixed(ms < 10_000 ? 1 : 0))} s`
}

/** What a flush of the encoder let through is decoded at once. */
function decoded(response: IncomingMessage): IncomingMessage | Transform {
  switch (response.headers['content-encoding']) {
    case 'gzip':
      return response.pipe(createGunzip({ finishFlush: constants.Z_SYNC_FLUSH }))
    case 'deflate':
      return response.pipe(createInflate({ finishFlush: constants.Z_SYNC_FLUSH }))
    case 'br':
      return response.pipe(createBrotliDecompress({ finishFlush: constants.BROTLI_OPERATION_FLUSH }))
    default:
      return response
  }
}
