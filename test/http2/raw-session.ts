/** A client of HTTP/2 that writes frames by hand: also those that no client would. */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'

export const types = {
  data: 0,
  headers: 1,
  reset: 3,
  settings: 4,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const

export const flags = { none: 0, endStream: 1, ack: 1, endHeaders: 4 } as const

export interface Frame {
  readonly type: number
  readonly flags: number
  readonly stream: number
  readonly payload: Buffer
}

export class RawSession {
  readonly socket: Socket
  readonly frames: Frame[] = []
  #left = Buffer.alloc(0)

  constructor(port: number) {
    this.socket = connect(port, '127.0.0.1')
    this.socket.on('error', () => undefined)
    this.socket.on('data', (chunk) => this.#take(chunk))
    this.socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')
    onTestFinished(() => void this.socket.destroy())
  }

  /** `settings`: identifier and value, one after the other. */
  settings(...settings: number[]): void {
    const payload = Buffer.alloc(settings.length * 3)
    for (let i = 0; i < settings.length; i += 2) {
      payload.writeUInt16BE(settings[i]!, i * 3)
      payload.writeUInt32BE(settings[i + 1]!, i * 3 + 2)
    }
    this.send(types.settings, flags.none, 0, payload)
  }

  send(type: number, flag: number, stream: number, payload: Uint8Array = Buffer.alloc(0)): boolean {
    return this.socket.write(frame(type, flag, stream, payload))
  }

  request(stream: number, headers: Readonly<Record<string, string>>, ends = true): void {
    this.send(types.headers, flags.endHeaders | (ends ? flags.endStream : 0), stream, block(headers))
  }

  /** Resolves with the next frame that fits, or undefined at the end. */
  async until(fits: (frame: Frame) => boolean): Promise<Frame | undefined> {
    for (;;) {
      const found = this.frames.find(fits)
      if (found || this.socket.destroyed) return found
      await Promise.race([once(this.socket, 'data'), once(this.socket, 'close')])
    }
  }

  get ended(): Promise<unknown> {
    return this.socket.closed ? Promise.resolve() : once(this.socket, 'close')
  }

  #take(chunk: Buffer): void {
    let bytes = Buffer.concat([this.#left, chunk])
    while (bytes.length >= 9 && bytes.length >= 9 + bytes.readUIntBE(0, 3)) {
      const length = bytes.readUIntBE(0, 3)
      const [type, flag, stream] = [bytes[3]!, bytes[4]!, bytes.readUInt32BE(5)]
      this.frames.push({ type, flags: flag, stream, payload: bytes.subarray(9, 9 + length) })
      if (type === types.settings && flag === 0) this.send(types.settings, flags.ack, 0)
      bytes = bytes.subarray(9 + length)
    }
    this.#left = bytes
  }
}

export function frame(type: number, flag: number, stream: number, payload: Uint8Array = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9)
  head.writeUIntBE(payload.length, 0, 3)
  head[3] = type
  head[4] = flag
  head.writeUInt32BE(stream, 5)
  return Buffer.concat([head, payload])
}

/** A header block of literals, not indexed, not compressed. RFC 7541 §6.2.2 */
export function block(headers: Readonly<Record<string, string>>): Buffer {
  return Buffer.concat(Object.entries(headers).flatMap(([name, value]) => [Buffer.of(0), text(name), text(value)]))
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value, 'latin1')
  if (bytes.length < 127) return Buffer.concat([Buffer.of(bytes.length), bytes])
  const length = [127]
  let rest = bytes.length - 127
  for (; rest >= 128; rest = Math.floor(rest / 128)) length.push((rest % 128) + 128)
  return Buffer.concat([Buffer.from([...length, rest]), bytes])
}

export function get(path: string, more: Readonly<Record<string, string>> = {}): Record<string, string> {
  return { ':method': 'GET', ':scheme': 'http', ':authority': 'localhost', ':path': path, ...more }
}

export function webSocket(path: string, more: Readonly<Record<string, string>> = {}): Record<string, string> {
  const protocol = { ':method': 'CONNECT', ':protocol': 'websocket' }
  return { ...get(path), ...protocol, 'sec-websocket-version': '13', ...more }
}
