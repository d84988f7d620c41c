/** Collects bytes in one buffer that is used again and again, so that spelling a slice allocates only what leaves. */

const usualBytes = 128 * 1024
/** Grown beyond this by a large message, the buffer is given back afterwards. */
const keptBytes = 1024 * 1024

export class ByteWriter {
  private bytes: Buffer = Buffer.allocUnsafeSlow(usualBytes)
  private at = 0

  /** Begins anew; `head` bytes are left free in front. */
  begin(head = 0): this {
    this.at = head
    return this
  }

  /** Bytes written so far, the free ones in front included. */
  get length(): number {
    return this.at
  }

  ascii(text: string): this {
    this.make(text.length)
    const { bytes, at } = this
    for (let i = 0; i < text.length; i++) bytes[at + i] = text.charCodeAt(i)
    this.at = at + text.length
    return this
  }

  text(text: string): this {
    this.make(text.length * 3)
    this.at += this.bytes.write(text, this.at, 'utf8')
    return this
  }

  raw(bytes: Uint8Array): this {
    this.make(bytes.length)
    this.bytes.set(bytes, this.at)
    this.at += bytes.length
    return this
  }

  /** The bytes of UTF-8 text as a JSON string. */
  jsonString(bytes: Uint8Array): this {
    if (needsEscape(bytes)) return this.text(JSON.stringify(asBuffer(bytes).toString('utf8')))
    return this.ascii('"').raw(bytes).ascii('"')
  }

  base64(bytes: Uint8Array): this {
    const text = asBuffer(bytes).toString('base64')
    this.make(text.length)
    this.at += this.bytes.write(text, this.at, 'latin1')
    return this
  }

  /**
   * An event stream's `data:` field, once per line of `bytes`; CRLF, CR and LF each end a line.
   * `space` writes `data: ` always, otherwise only where the line begins with a space that a reader would take away.
   */
  dataLines(bytes: Uint8Array, space: boolean): this {
    const all = asBuffer(bytes)
    let start = 0
    let lf = all.indexOf(10)
    let cr = all.indexOf(13)
    while (lf >= 0 || cr >= 0) {
      const end = lf < 0 || (cr >= 0 && cr < lf) ? cr : lf
      this.dataLine(all, start, end, space)
      start = end === cr && lf === cr + 1 ? end + 2 : end + 1
      if (lf >= 0 && lf < start) lf = all.indexOf(10, start)
      if (cr >= 0 && cr < start) cr = all.indexOf(13, start)
    }
    this.dataLine(all, start, all.length, space)
    return this
  }

  /** What was written, from `from` on, in a Buffer of its own of exactly that size. */
  take(from = 0): Buffer {
    const taken = Buffer.allocUnsafe(this.at - from)
    this.bytes.copy(taken, 0, from, this.at)
    if (this.bytes.length > keptBytes) this.bytes = Buffer.allocUnsafeSlow(usualBytes)
    this.at = 0
    return taken
  }

  private dataLine(all: Buffer, start: number, end: number, space: boolean): void {
    this.ascii(space || all[start] === 0x20 ? 'data: ' : 'data:')
    this.make(end - start + 1)
    all.copy(this.bytes, this.at, start, end)
    this.at += end - start
    this.bytes[this.at++] = 10
  }

  private make(room: number): void {
    const needed = this.at + room
    if (needed <= this.bytes.length) return
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.bytes.length * 2))
    this.bytes.copy(larger, 0, 0, this.at)
    this.bytes = larger
  }
}

/** The one that framings share: an encoding runs to its end before another begins. */
export const scratch = new ByteWriter()

/** The same memory seen as a Buffer. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

function needsEscape(bytes: Uint8Array): boolean {
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i]!
    if (byte < 0x20 || byte === 0x22 || byte === 0x5c) return true
  }
  return false
}
