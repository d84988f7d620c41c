/** One connection that a client has made to the proxy, and what becomes of its requests. */
import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { Buffering, Counts, Ending, RequestFault, Seen, WebSocketFault, Which } from './fault.js'
import { type Head, HttpReader, requestBody, responseBody } from './http-reader.js'
import { mostHeld, type Outcome, type Taker, Upstream } from './upstream.js'
import { type Direction, type Passing, Valve, type Weather } from './valve.js'

/** What the proxy tells its connections, and hears from them. */
export interface Surroundings {
  readonly serverPort: number
  readonly weather: Readonly<Record<Direction, Weather>>
  readonly webSockets: WebSocketFault
  readonly buffering: Buffering | null
  /** Takes the fault that is next for this request. */
  plan(request: Seen): RequestFault | undefined
  seen(request: Seen): void
  /** Bytes of what this request is answered with have been handed to the client. */
  passed(request: Seen, bytes: number): void
  count(what: keyof Counts): void
  /** Nothing is left of a connection. */
  over(connection: Connection): void
  /** Something that can be waited for has changed. */
  changed(): void
}

interface Request extends Seen {
  readonly bytes: Buffer
}

const nobody: Taker = { head: () => undefined, body: () => undefined, end: () => undefined }
/** The largest body of a request. */
const mostBody = 16_777_216
/** How long an answer that nobody gets may take. */
const swallowMs = 1_000

export class Connection {
  readonly client: Socket
  /** What it is now: `http` while it waits for a request or a short answer. */
  kind: Exclude<Which, 'all'> = 'http'
  /** Until both sides are over. */
  live = true
  readonly #around: Surroundings
  readonly #up: Valve
  readonly #reader: HttpReader
  #upstream: Upstream | undefined
  #requests: Request[] = []
  #asked: Request | undefined
  #busy = false
  /** Takes bytes and passes none. */
  #silent = false
  /** Takes a request whose answer nobody gets: it outlives the client. */
  #spare: Upstream | undefined
  #truncate: { left: number; how: Ending } | undefined
  #killer: NodeJS.Timeout | undefined

  constructor(client: Socket, around: Surroundings) {
    this.client = client
    this.#around = around
    this.#up = new Valve(around.weather.up, (passing) => {
      this.#fromClient(passing)
      this.#pace()
    })
    this.#reader = this.#reads()
    client.on('error', () => undefined)
    client.on('data', (bytes) => {
      this.#up.put(bytes)
      this.#pace()
    })
    client.on('end', () => this.#up.put('fin'))
    client.on('drain', () => this.#pace())
    client.on('close', (broken) => {
      clearTimeout(this.#killer)
      this.#up.put(broken ? 'reset' : 'fin')
      around.changed()
    })
  }

  /** The newest request on it. */
  get asked(): Seen | undefined {
    return this.#asked
  }

  is(which: Which): boolean {
    return which === 'all' || which === this.kind
  }

  /** Ends both sides. */
  cut(how: Ending): void {
    this.#up.close()
    this.#upstream?.end(how)
    this.live = false
    this.#settle()
    if (how === 'fin') this.client.destroy()
    else this.client.resetAndDestroy()
  }

  /** Ends what is left. */
  destroy(): void {
    this.#spare?.end('reset')
    this.cut('reset')
  }

  /** The server's side is gone, and the client is not told. */
  halfOpen(): void {
    this.#silent = true
    this.#upstream?.end('fin')
  }

  /** Ends both sides once the client has got so many more bytes. */
  truncate(bytes: number, how: Ending): void {
    this.#truncate = { left: bytes, how }
  }

  /** The weather has changed. */
  flow(): void {
    this.#up.flow()
    this.#upstream?.valve.flow()
    this.#spare?.valve.flow()
  }

  #settle(): void {
    if (!this.live && !this.#spare) this.#around.over(this)
  }

  #reads(): HttpReader {
    let head: Head
    let body: Buffer[] = []
    let length = 0
    const events = {
      head: (begun: Head) => {
        head = begun
        body = []
        length = 0
      },
      body: (bytes: Buffer) => {
        if (this.kind === 'websockets') return this.#upstream?.socket.write(bytes)
        length += bytes.length
        if (length > mostBody) throw new Error('A request is held until it is whole, and this one is too large.')
        return body.push(bytes)
      },
      end: () => {
        this.#requests.push(toRequest(head, Buffer.concat(body)))
        if (!this.#busy) void this.#serve()
      },
    }
    return new HttpReader(events, requestBody)
  }

  #fromClient(passing: Passing): void {
    if (typeof passing !== 'string') {
      if (!this.#silent) this.#read(passing)
    } else if (passing === 'reset') this.cut('reset')
    else if (this.#silent || !this.#upstream || this.client.destroyed) this.cut('fin')
    else this.#upstream.socket.end()
  }

  /** What is no HTTP, or too much of it, ends the connection. */
  #read(bytes: Buffer): void {
    try {
      this.#reader.push(bytes)
    } catch {
      this.cut('reset')
    }
  }

  /** One request after the other. */
  async #serve(): Promise<void> {
    this.#busy = true
    for (let request = this.#requests.shift(); request; request = this.#requests.shift()) {
      this.#asked = request
      this.#around.seen(request)
      const outcome = await this.#fulfil(request)
      if (outcome === 'fin' || outcome === 'reset') this.#serverGone(outcome)
    }
    this.#busy = false
  }

  #fulfil(request: Request): Promise<Outcome> | Outcome {
    const plan = this.#around.plan(request)
    if (plan?.kind === 'status') return this.#answer(plan.code, plan.headers)
    if (plan?.kind === 'lose') return this.#lose(request, plan.how)
    if (plan?.kind === 'double') return this.#double(request, plan.answer)
    if (request.upgrade) return this.#upgrade(request)
    return this.#forward(request)
  }

  #answer(code: number, headers: Readonly<Record<string, string>>): Outcome {
    const body = `<html><body><h1>${code} ${STATUS_CODES[code] ?? ''}</h1></body></html>\n`
    const all = { 'Content-Type': 'text/html', 'Content-Length': String(body.length), ...headers }
    const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
    this.#around.count('statuses')
    this.#toClient(Buffer.from(`HTTP/1.1 ${code} ${STATUS_CODES[code] ?? 'Fault'}\r\n${lines.join('')}\r\n${body}`))
    return 'answered'
  }

  async #lose(request: Request, how: Ending): Promise<Outcome> {
    await this.#swallow(request)
    this.#around.count('lost')
    this.cut(how)
    return 'answered'
  }

  async #double(request: Request, answer: 'first' | 'second'): Promise<Outcome> {
    const first = answer === 'first' ? await this.#forward(request) : undefined
    await this.#swallow(request)
    this.#around.count('doubled')
    return first ?? this.#forward(request)
  }

  /** The server does as asked, on a connection of its own, and its answer goes nowhere; one that has no end is left. */
  async #swallow(request: Request): Promise<void> {
    const { serverPort, weather } = this.#around
    const spare = new Upstream(serverPort, weather.down)
    this.#spare = spare
    const late = setTimeout(() => spare.end('fin'), swallowMs)
    await Promise.race([spare.ask(request.method, request.bytes, nobody), spare.closed])
    clearTimeout(late)
    spare.end('fin')
    this.#spare = undefined
    this.#settle()
  }

  async #upgrade(request: Request): Promise<Outcome> {
    const fault = this.#around.webSockets
    if (fault === 'black-hole') {
      this.#silent = true
      this.#around.count('upgradesSwallowed')
      return 'answered'
    }
    if (typeof fault === 'object' && 'refuse' in fault) {
      this.#around.count('upgradesRefused')
      return this.#answer(fault.refuse, {})
    }
    const outcome = await this.#forward(request)
    if (outcome !== 'upgraded') return outcome
    if (fault === 'mute') {
      this.#silent = true
      this.#around.count('muted')
    } else if (typeof fault === 'object') {
      this.#killer = setTimeout(() => {
        this.#around.count('killed')
        this.cut(fault.how ?? 'reset')
      }, fault.killAfterMs)
    }
    return outcome
  }

  async #forward(request: Request): Promise<Outcome> {
    const upstream = this.#connected()
    const outcome = await upstream.ask(request.method, request.bytes, this.#takes(request.method))
    if (outcome === 'upgraded') this.#around.count('websockets')
    else this.kind = 'http'
    this.#around.changed()
    return outcome
  }

  /** Passes an answer to the client, or holds its body back as the proxy has been told. */
  #takes(method: string): Taker {
    let held: Buffer[] | undefined
    let most = Number.POSITIVE_INFINITY
    const flush = () => this.#toClient(Buffer.concat(held?.splice(0) ?? []))
    return {
      head: (head) => {
        if (head.startLine.split(' ')[1] === '101') this.#passThrough()
        else if (typeof responseBody(head, method) !== 'number') {
          this.kind = 'streams'
          held = this.#around.buffering ? [] : undefined
          most = this.#around.buffering?.bytes ?? most
        }
        if (held) this.#around.count('buffered')
        if (held && this.#around.buffering?.head === false) held.push(head.bytes)
        else this.#toClient(head.bytes)
        this.#around.changed()
      },
      body: (bytes) => {
        if (!held) return this.#toClient(bytes)
        held.push(bytes)
        if (held.reduce((sum, { length }) => sum + length, 0) >= most) flush()
      },
      end: flush,
    }
  }

  /** From here on both sides hear each other as they are. */
  #passThrough(): void {
    this.kind = 'websockets'
    this.#reader.raw()
    this.#upstream?.open((bytes) => this.#toClient(bytes))
  }

  #connected(): Upstream {
    const { serverPort, weather } = this.#around
    const gone = (how: Ending) => this.#serverGone(how)
    this.#upstream ??= new Upstream(serverPort, weather.down, gone, () => this.#pace())
    return this.#upstream
  }

  #serverGone(how: Ending): void {
    if (this.#silent) return
    if (how === 'reset') this.cut('reset')
    else this.client.end()
  }

  #toClient(bytes: Buffer): void {
    if (this.#silent || this.client.destroyed || bytes.length === 0) return
    const { left, how } = this.#truncate ?? { left: Number.POSITIVE_INFINITY, how: 'fin' as const }
    if (this.#truncate) this.#truncate.left -= bytes.length
    if (this.#asked) this.#around.passed(this.#asked, Math.min(bytes.length, left))
    if (bytes.length < left) this.client.write(bytes)
    else {
      this.#silent = true
      this.#around.count('truncated')
      this.client.write(bytes.subarray(0, left), () => this.cut(how))
    }
  }

  /** Has a side wait while too much of what it sent is held. */
  #pace(): void {
    const server = this.#upstream?.socket
    if (this.#up.held > mostHeld || server?.writableNeedDrain) {
      this.client.pause()
    } else this.client.resume()
    if ((this.#upstream?.valve.held ?? 0) > mostHeld || this.client.writableNeedDrain) server?.pause()
    else server?.resume()
  }
}

function toRequest({ startLine, headers, bytes }: Head, body: Buffer): Request {
  const [method = '', url = ''] = startLine.split(' ')
  const upgrade = headers.get('upgrade')?.toLowerCase() === 'websocket'
  return { method, url, headers, upgrade, body: body.toString(), bytes: Buffer.concat([bytes, body]) }
}
