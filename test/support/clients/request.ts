/** One HTTP request, with any header and body, and its whole answer. */
import type { IncomingHttpHeaders } from 'node:http'
import { gunzipSync } from 'node:zlib'
import { open } from '../transport.js'

export interface Asked {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string | string[]>>
  readonly body?: string | Uint8Array
  readonly signal?: AbortSignal
}

export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  /** As they came. */
  readonly bytes: Buffer
  /** Inflated, if they were gzip. */
  readonly text: string
  /** The body as JSON. */
  json<T = unknown>(): T
  /** The code of the error that the body tells. */
  readonly code: string | undefined
}

export async function ask(url: string, asked: Asked = {}): Promise<Answer> {
  const { status, headers, body } = await open(url, asked)
  const chunks: Buffer[] = []
  for await (const chunk of body) chunks.push(chunk)
  const bytes = Buffer.concat(chunks)
  const text = (headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes).toString()
  return {
    status,
    headers,
    bytes,
    text,
    json: () => JSON.parse(text),
    get code() {
      return text.startsWith('{"anywire":1,"error"') ? JSON.parse(text).error.code : undefined
    },
  }
}

/** POSTs a JSON value. */
export function post(url: string, value: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
  return ask(url, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...headers },
    body: JSON.stringify(value),
  })
}

/** POSTs text as it is. */
export function postText(url: string, body: string | Uint8Array, headers: Readonly<Record<string, string>> = {}) {
  return ask(url, { method: 'POST', headers: { 'Content-Type': 'text/plain', ...headers }, body })
}
