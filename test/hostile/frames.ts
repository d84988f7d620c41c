/** WebSocket frames and handshakes as a client sends them, well-formed or not. RFC 6455 §5.2. */

export interface FrameOptions {
  readonly fin?: boolean
  /** Reserved bits, 0 to 7. */
  readonly rsv?: number
  readonly masked?: boolean
  /** What the head says, if it lies. */
  readonly length?: number
}

/** One frame. The masking key is zero, so that the payload stays readable. */
export function clientFrame(opcode: number, payload: Uint8Array | string, options: FrameOptions = {}): Buffer {
  const { fin = true, rsv = 0, masked = true } = options
  const body = Buffer.from(payload)
  const { length = body.length } = options
  const head = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10)
  head[0] = (fin ? 0x80 : 0) | (rsv << 4) | opcode
  head[1] = (masked ? 0x80 : 0) | (head.length === 2 ? length : head.length === 4 ? 126 : 127)
  if (head.length === 4) head.writeUInt16BE(length, 2)
  if (head.length === 10) head.writeBigUInt64BE(BigInt(length), 2)
  return Buffer.concat([head, masked ? Buffer.alloc(4) : Buffer.alloc(0), body])
}

/** A text frame that holds JSON. */
export function jsonFrame(value: unknown): Buffer {
  return clientFrame(1, JSON.stringify(value))
}

/** A request whose head has these lines. */
export function request(method: string, target: string, headers: readonly string[] = [], body = ''): Buffer {
  const length = body === '' ? [] : [`Content-Length: ${Buffer.byteLength(body)}`]
  return Buffer.from(
    `${[`${method} ${target} HTTP/1.1`, 'Host: localhost', ...headers, ...length].join('\r\n')}\r\n\r\n${body}`,
  )
}

export const handshake = [
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  `Sec-WebSocket-Key: ${'A'.repeat(22)}==`,
]
export const anywire = [...handshake, 'Sec-WebSocket-Protocol: anywire.v1']
