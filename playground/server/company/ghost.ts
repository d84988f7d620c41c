/** The ghost: a hand that writes in a text, or draws on a board, and takes away again what it made. A client like any other. */
import { randomUUID } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import { type Client, connect } from 'anywire/client'
import { YjsProvider } from 'anywire/yjs'
import {
  createAbsolutePositionFromRelativePosition,
  createRelativePositionFromTypeIndex,
  Doc,
  Array as List,
  type RelativePosition,
  Map as Shape,
} from 'yjs'

const user = { name: 'Ghost (bot)', color: '#5a5a66' }

/** One connection for all its visits, which is there as long as there are some. */
export class GhostClient {
  readonly #origin: string
  #client: Client | undefined
  #visits = 0

  constructor(origin: string) {
    this.#origin = origin
  }

  /** `begin` answers what ends the visit, once everything that was done is stored. */
  visit(begin: (client: Client) => () => Promise<void>): () => void {
    this.#client ??= connect(`${this.#origin}/channels`, { token: () => 'ghost' })
    this.#visits++
    const end = begin(this.#client)
    return () => void end().then(() => this.#left())
  }

  #left(): void {
    this.#visits--
    if (this.#visits > 0) return
    this.#client?.close().catch(console.error)
    this.#client = undefined
  }
}

const lines = [
  '\nAny other business: none. I am a ghost, and take this line away again.',
  '\nWrite beside me: both of us keep every letter.',
  '\nCut your network and go on writing. I shall do the same here.',
]

/** From letter to letter, and what is written stays so long, in milliseconds. */
const [letterMs, restMs] = [110, 4_000]
/** How long it is waited for what it took away to be stored, in milliseconds. */
const storedMs = 5_000

/** Writes a line at the end of a text, letter by letter; answers what ends that. */
export function write(client: Client, name: string): () => Promise<void> {
  const hand = new Hand(client, `yjs/editor/${name}`)
  const text = hand.doc.getText()
  let [line, written] = [0, 0]
  /** Of the first letter that it wrote. */
  let start: RelativePosition | undefined
  const point = (index: number) => {
    const at = createRelativePositionFromTypeIndex(text, index)
    hand.provider.awareness.setLocalStateField('cursor', { anchor: at, head: at })
  }
  const lineNow = () => lines[line % lines.length] ?? ''
  /** Where its line stands now. Undefined: somebody has changed it, and it is theirs. */
  const find = (): number | undefined => {
    const { index = -1 } = (start && createAbsolutePositionFromRelativePosition(start, hand.doc)) ?? {}
    return index >= 0 && text.toString().startsWith(lineNow().slice(0, written), index) ? index : undefined
  }
  const erase = () => {
    const at = written > 0 ? find() : undefined
    if (at !== undefined) text.delete(at, written)
    written = 0
    line++
  }
  const step = (): number => {
    const at = written === 0 ? text.length : find()
    const letter = at === undefined ? undefined : lineNow()[written]
    if (at === undefined || letter === undefined) {
      erase()
      point(text.length)
      return restMs
    }
    text.insert(at + written, letter)
    if (written === 0) start = createRelativePositionFromTypeIndex(text, at)
    point(at + ++written)
    return written === lineNow().length ? restMs : letterMs
  }
  hand.work(step, erase)
  return () => hand.end()
}

/** A wave below the sketch, and a box around it. */
const wave = Array.from({ length: 90 }, (_, i) => [i * 6, Math.round(Math.sin(i / 7) * (34 - i / 4))] as const)

/** Draws a wave, and takes it away again; answers what ends that. */
export function draw(client: Client, name: string): () => Promise<void> {
  const hand = new Hand(client, `yjs/whiteboard/${name}`)
  const shapes = hand.doc.getArray<Shape<unknown>>('shapes')
  const [x, y] = [270, 430]
  let [id, drawn] = [randomUUID(), 0]
  const find = () => shapes.toArray().findIndex((one) => one instanceof Shape && one.get('id') === id)
  const erase = () => {
    if (find() >= 0) shapes.delete(find())
    id = randomUUID()
    drawn = 0
  }
  const step = (): number => {
    const [dx, dy] = wave[drawn] ?? [0, 0]
    if (drawn === 0) shapes.push([strokeOf(id, x, y)])
    const along = shapes.get(find())?.get('points')
    if (drawn === wave.length || !(along instanceof List)) {
      erase()
      hand.provider.awareness.setLocalStateField('at', null)
      return restMs
    }
    along.push([dx, dy])
    hand.provider.awareness.setLocalStateField('at', { x: x + dx, y: y + dy })
    return ++drawn === wave.length ? restMs : letterMs
  }
  hand.work(step, erase)
  return () => hand.end()
}

function strokeOf(id: string, x: number, y: number): Shape<unknown> {
  const flat = { id, kind: 'stroke', colour: 'amber', x, y, width: 0, height: 0, points: new List<number>() }
  return new Shape<unknown>(Object.entries(flat))
}

/** A document, and what is done in it step by step, as long as the hand is there. */
class Hand {
  readonly doc = new Doc()
  readonly provider: YjsProvider
  #timer: NodeJS.Timeout | undefined
  #erase = () => {}
  #isOver = false

  constructor(client: Client, channel: string) {
    this.provider = new YjsProvider(client, channel, this.doc)
    this.provider.awareness.setLocalStateField('user', user)
    this.provider.error.subscribe((error) => error && console.error(error))
  }

  /** `step` answers when the next one is due, in milliseconds. `erase` takes away what was made. */
  work(step: () => number, erase: () => void): void {
    this.#erase = erase
    const go = () => {
      let pauseMs = restMs
      // Where the document has not come yet, and while others of it are away, it waits.
      if (this.provider.synced.value) this.doc.transact(() => (pauseMs = step()))
      this.#timer = globalThis.setTimeout(go, pauseMs)
    }
    this.#timer = globalThis.setTimeout(go, letterMs)
    this.provider.synced.subscribe((synced) => {
      if (!synced || this.#isOver) return
      clearTimeout(this.#timer)
      this.#timer = globalThis.setTimeout(go, letterMs)
    })
  }

  /** Resolves when what it took away is stored, or cannot be for some seconds. */
  async end(): Promise<void> {
    const { saved, synced } = this.provider
    clearTimeout(this.#timer)
    this.#isOver = true
    if (synced.value) this.doc.transact(this.#erase)
    let stop = () => {}
    const stored = new Promise<void>((resolve) => {
      stop = saved.subscribe((is) => is && resolve())
      if (saved.value) resolve()
    })
    await Promise.race([stored, setTimeout(storedMs, undefined, { ref: false })])
    stop()
    this.provider.destroy()
    this.doc.destroy()
  }
}
