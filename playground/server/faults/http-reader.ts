/** Cuts a stream of bytes into HTTP/1.1 messages, and keeps every byte as it was spelt. */

export interface Head {
  /** `GET /path HTTP/1.1` or `HTTP/1.1 200 OK`. */
  readonly startLine: string
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>
  readonly bytes: Buffer
}

/** How a body ends: after so many bytes, with its last chunk, or with the connection. */
export type BodyEnd = number | 'chunked' | 'close'

export interface HttpEvents {
  head(head: Head): void
  /** As on the wire: the spelling of chunks is part of it. */
  body(bytes: Buffer): void
  end(): void
}

const most = 1_048_576

export class HttpReader {
  readonly #events: HttpEvents
  readonly #bodyOf: (head: Head) => BodyEnd
  #held: Buffer = Buffer.alloc(0)
  #state: 'head' | 'body' | 'size' | 'trailer' = 'head'
  /** Bytes that follow before something else is looked for. */
  #left = 0
  #chunked = false
  #raw = false

  constructor(events: HttpEvents, bodyOf: (head: Head) => BodyEnd) {
    this.#events = events
    this.#bodyOf = bodyOf
  }

  /** No more messages: what is here and what comes is taken by `body`, as after an upgrade. */
  raw(): void {
    this.#raw = true
  }

  /** Whether a message has begun and not ended. */
  get within(): boolean {
    return this.#state !== 'head' || this.#held.length > 0
  }

  /** @throws Error for what is no HTTP/1.1. */
  push(bytes: Buffer): void {
    this.#held = this.#held.length > 0 ? Buffer.concat([this.#held, bytes]) : bytes
    while (this.#held.length > 0 && (this.#raw ? this.#pass() : this.#step()));
  }

  /** The connection is over: a body without a length ends with it. */
  close(): void {
    if (!this.#raw && this.#state === 'body' && this.#left === Number.POSITIVE_INFINITY) this.#finish()
  }

  #pass(): boolean {
    this.#events.body(this.#take(this.#held.length))
    return true
  }

  /** Takes what it can; false: more bytes are needed. */
  #step(): boolean {
    if (this.#state === 'head') return this.#head()
    if (this.#state === 'body') return this.#body()
    const line = this.#line()
    if (line === undefined) return false
    const end = this.#state === 'trailer' ? line.length === 2 : undefined
    this.#events.body(line)
    if (end) this.#finish()
    else if (end === undefined) this.#sized(chunkSize(line))
    return true
  }

  #sized(size: number): void {
    if (size === 0) this.#state = 'trailer'
    else {
      this.#state = 'body'
      this.#left = size + 2
    }
  }

  #head(): boolean {
    const end = this.#held.indexOf('\r\n\r\n')
    if (end < 0 && this.#held.length > most) throw new Error('A head of more than 1 MiB is no HTTP/1.1.')
    if (end < 0) return false
    const head = parse(this.#take(end + 4))
    const body = this.#bodyOf(head)
    this.#chunked = body === 'chunked'
    this.#state = body === 'chunked' ? 'size' : 'body'
    this.#left = body === 'close' ? Number.POSITIVE_INFINITY : body === 'chunked' ? 0 : body
    this.#events.head(head)
    if (body === 0 && !this.#raw) this.#finish()
    return true
  }

  #body(): boolean {
    const bytes = this.#take(Math.min(this.#left, this.#held.length))
    this.#left -= bytes.length
    this.#events.body(bytes)
    if (this.#left === 0 && this.#chunked) this.#state = 'size'
    else if (this.#left === 0) this.#finish()
    return true
  }

  #finish(): void {
    this.#state = 'head'
    this.#events.end()
  }

  #line(): Buffer | undefined {
    const end = this.#held.indexOf('\r\n')
    if (end < 0 && this.#held.length > most) throw new Error('A line of more than 1 MiB is no HTTP/1.1.')
    return end < 0 ? undefined : this.#take(end + 2)
  }

  #take(length: number): Buffer {
    const bytes = this.#held.subarray(0, length)
    this.#held = this.#held.subarray(length)
    return bytes
  }
}

function parse(bytes: Buffer): Head {
  const [startLine = '', ...lines] = bytes.toString('latin1').trimEnd().split('\r\n')
  const headers = new Map<string, string>()
  for (const line of lines) {
    const colon = line.indexOf(':')
    headers.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim())
  }
  return { startLine, headers, bytes }
}

/** A request without a length has no body. */
export function requestBody({ headers }: Head): BodyEnd {
  return spelt(headers) ?? 0
}

/** Of an answer to a request of this method. */
export function responseBody({ startLine, headers }: Head, method: string): BodyEnd {
  const status = Number(startLine.split(' ')[1])
  if (method === 'HEAD' || status < 200 || status === 204 || status === 304) return 0
  return spelt(headers) ?? 'close'
}

function spelt(headers: ReadonlyMap<string, string>): BodyEnd | undefined {
  if (headers.get('transfer-encoding')?.toLowerCase().includes('chunked')) return 'chunked'
  const length = headers.get('content-length')
  if (length !== undefined && !/^\d{1,15}$/.test(length)) throw new Error('A Content-Length is a number.')
  return length === undefined ? undefined : Number(length)
}

function chunkSize(line: Buffer): number {
  const [digits] = /^[0-9a-f]{1,12}/i.exec(line.toString('latin1')) ?? []
  if (digits === undefined) throw new Error('The size of a chunk is a hexadecimal number.')
  return Number.parseInt(digits, 16)
}
