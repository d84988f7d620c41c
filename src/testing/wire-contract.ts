/** The contract of wires: every wire calls `wireContract` in its tests, against a real network and a real client. */
import { afterEach, describe, expect, it } from 'vitest'
import type { Wire } from '../core/wire.js'
import { AnywireError } from '../protocol/error.js'
import type { Slice } from '../protocol/message.js'
import { message, sliceOf } from './framing-vectors.js'

/** How the client saw the wire end. */
export interface WireEnd {
  readonly code?: number | undefined
  readonly reason?: string | undefined
}

/** A wire, and the client at its other end. */
export interface WireUnderTest {
  readonly wire: Wire
  /** Spells a text as bytes which that client understands. @default UTF-8 */
  spell?(text: string): Buffer
  /** All texts that the client has received, one after another; resolves once they are `length` characters or more. */
  received(length: number): Promise<string>
  /** The client takes nothing any more, until `resume`. */
  pause(): void
  resume(): void
  /** The client is gone without a word. Absent: it cannot go on its own. */
  leave?(): void
  /** The client sends something. Absent: it cannot. */
  say?(): void
  /** Resolves when the client saw the end. */
  readonly ended: Promise<WireEnd>
  /** Frees what the test took. */
  release(): void | Promise<void>
}

export type CreateWire = () => Promise<WireUnderTest>

/** What a wire can do; each is true unless said. */
export interface WireAbilities {
  /** Carries any number of slices. False: one is all, and closes it. */
  readonly many?: boolean
  /** `sent` counts bytes. */
  readonly counts?: boolean
  /** Tells the client the reason of the end: as code and sentence of what `ended` resolves with. */
  readonly tells?: boolean
}

const reason = new AnywireError('draining', 'This server is leaving; connect again.')
const chunk = 'x'.repeat(65_536)
/** No network holds as much on its way. */
const mostChunks = 2_000

interface Told {
  drained: number
  closed: number
}

/** States each duty of the `Wire` seam as a test. `createWire` is called for every fact. */
export function wireContract(name: string, createWire: CreateWire, abilities: WireAbilities = {}): void {
  const { many = true, counts = true, tells = true } = abilities
  describe(`wire contract: ${name}`, () => {
    const open = subject(createWire)
    writingFacts(open, many)
    if (many) roomFacts(open, counts)
    closingFacts(open, tells)
  })
}

type Open = () => Promise<Subject>

/** To be called in a `describe`: gives each fact a fresh wire, and frees it afterwards. */
function subject(createWire: CreateWire): Open {
  const opened: WireUnderTest[] = []
  afterEach(async () => {
    for (const one of opened.splice(0)) await one.release()
  })
  return async () => {
    const client = await createWire()
    opened.push(client)
    return new Subject(client)
  }
}

/** A wire under test, with an ear at it. */
class Subject {
  readonly client: WireUnderTest
  readonly wire: Wire
  readonly told: Told = { drained: 0, closed: 0 }
  #number = 0
  #wake: (() => void) | undefined

  constructor(client: WireUnderTest) {
    this.client = client
    this.wire = client.wire
    this.wire.drained = () => this.tell('drained')
    this.wire.closed = () => this.tell('closed')
  }

  /** Writes a text as a slice of one message. */
  write(text: string): boolean {
    return this.wire.write(this.client.spell?.(text) ?? Buffer.from(text), this.slice(text))
  }

  /** Writes until there is no room, and says what. */
  fill(): string {
    this.client.pause()
    let written = ''
    for (let i = 0; i < mostChunks; i++) {
      written += chunk
      if (!this.write(chunk)) return written
    }
    throw new Error(`It still says that there is room after ${written.length} bytes that nobody took.`)
  }

  /** Resolves when the wire has said `what` at least once. */
  async until(what: keyof Told): Promise<void> {
    while (this.told[what] === 0) await new Promise<void>((resolve) => (this.#wake = resolve))
  }

  private tell(what: keyof Told): void {
    this.told[what]++
    this.#wake?.()
  }

  private slice(text: string): Slice {
    return sliceOf('text', [message(++this.#number, text)])
  }
}

function writingFacts(open: Open, many: boolean): void {
  it('has room at first', async () => {
    expect((await open()).wire.room).toBe(true)
  })

  it('hands bytes over in order', async () => {
    const subject = await open()
    const texts = Array.from({ length: many ? 100 : 1 }, (_, i) => `${i}${'.'.repeat(i)};`)
    for (const text of texts) if (!subject.write(text) && many) await subject.until('drained')
    expect(await subject.client.received(texts.join('').length)).toBe(texts.join(''))
  })

  it('hands over a slice that is larger than its buffers', async () => {
    const subject = await open()
    const large = chunk.repeat(16)
    subject.write(large)
    expect(await subject.client.received(large.length)).toBe(large)
  })
}

function roomFacts(open: Open, counts: boolean): void {
  it('says that there is no room when nobody takes anything, and `drained` when there is again', async () => {
    const subject = await open()
    subject.fill()
    expect(subject.wire.room).toBe(false)
    const before = subject.told.drained
    subject.client.resume()
    while (subject.told.drained === before) await subject.until('drained').then(() => new Promise(setImmediate))
    expect(subject.wire.room).toBe(true)
  })

  it('loses nothing of the write that found no room', async () => {
    const subject = await open()
    const written = subject.fill()
    subject.client.resume()
    await subject.until('drained')
    subject.write('end')
    expect((await subject.client.received(written.length + 3)).length).toBe(written.length + 3)
  })

  if (!counts) return
  it('keeps no queue of its own: what is not sent is at most the last two writes', async () => {
    const subject = await open()
    const before = subject.wire.sent
    const written = subject.fill()
    expect(subject.wire.sent - before).toBeGreaterThanOrEqual(written.length - 2 * chunk.length)
  })

  it('moves `sent` when bytes leave, and `received` when some come', async () => {
    const subject = await open()
    const { sent, received } = subject.wire
    subject.write('some')
    await subject.client.received(4)
    expect(subject.wire.sent).toBeGreaterThan(sent)
    if (!subject.client.say) return
    subject.client.say()
    while (subject.wire.received === received) await new Promise(setImmediate)
  })
}

function closingFacts(open: Open, tells: boolean): void {
  it('says `closed` once when the client leaves, and takes nothing more', async () => {
    const subject = await open()
    const { client, wire, told } = subject
    if (!client.leave) return
    client.leave()
    await subject.until('closed')
    expect([wire.room, subject.write('late')]).toEqual([false, false])
    wire.close()
    wire.destroy()
    expect(told.closed).toBe(1)
  })

  it('ends in good order: the client gets what was written, then the end; `closed` comes once', async () => {
    const subject = await open()
    const { client, wire, told } = subject
    subject.write('last')
    wire.close()
    wire.close(reason)
    expect(await client.received(4)).toBe('last')
    await client.ended
    await subject.until('closed')
    expect([wire.room, subject.write('late'), told.closed]).toEqual([false, false, 1])
  })

  it('ends at once when destroyed, and says `closed` once', async () => {
    const subject = await open()
    subject.wire.destroy()
    await subject.client.ended
    await subject.until('closed')
    subject.wire.destroy()
    expect([subject.wire.room, subject.told.closed]).toEqual([false, 1])
  })

  if (!tells) return
  it('tells the client why it ends', async () => {
    const subject = await open()
    subject.wire.close(reason)
    expect(await subject.client.ended).toMatchObject({ code: reason.meaning.close, reason: reason.message })
  })
}
