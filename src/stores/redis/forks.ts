/** The Redis store's half for forks. A fork is copied aside and put in its place whole, perhaps on another machine. */
import { randomBytes } from 'node:crypto'
import type { ChannelConfig, ChannelInfo, Fork, ForkOptions, ForkResult, Forks } from '../../core/store.js'
import { kindOf } from '../../protocol/message.js'
import type { ChannelName } from '../../protocol/name.js'
import { mintOffset, type Offset, whenOf, zeroOffset } from '../../protocol/offset.js'
import { isSameType } from '../rules/append.js'
import { difference, forkConfig, type Origin } from '../rules/config.js'
import { configNumbers, decodeKnown, type KnownChannel, packAppend, packPart, placeOf, type Reply } from './codec.js'
import type { RedisEngine } from './engine.js'
import type { Releases } from './releases.js'
import { type Script, scripts } from './scripts.js'

/** Messages copied by one script. */
const atOnce = 200
/** A hold on a source counts for so long if its fork never comes. */
const holdMs = 600_000
/** The source was trimmed while it was copied: so often it is begun anew. */
const tries = 5

/** Where the source is cut, and what is known of it. */
interface ForkCut {
  readonly source: KnownChannel
  readonly micros: number
  readonly cameAt: number
  readonly resolved: Offset
  /** `micros-number` of the last message that is taken whole. */
  readonly to: string
  /** How many messages lie between the floor and there. */
  readonly count: number
  /** The message that is cut in two. */
  readonly part: Buffer
  /** Ids of what is kept for its key before the first message. */
  readonly kept: readonly string[]
}

interface ForkAsked {
  readonly channel: ChannelName
  readonly config: ChannelConfig
  readonly options: ForkOptions
  readonly hold: string
}

export class RedisForks implements Forks {
  readonly #engine: RedisEngine
  readonly #releases: Releases

  constructor(engine: RedisEngine, releases: Releases) {
    this.#engine = engine
    this.#releases = releases
  }

  async create(channel: ChannelName, config: ChannelConfig, options: ForkOptions): Promise<ForkResult> {
    const there = await this.#engine.on(scripts.create, channel, '')
    const existing = existingOf(channel, there as readonly Reply[], config, options)
    if (existing) return existing
    for (let left = tries; left > 0; left--) {
      const made = await this.#make({ channel, config, options, hold: `h${randomBytes(12).toString('hex')}` })
      if (made) return made
    }
    throw new Error(`"${options.fork.source}" is trimmed faster than it can be copied.`)
  }

  delete(channel: ChannelName): Promise<'deleted' | 'missing' | 'gone'> {
    return this.remove(channel, true)
  }

  async remove(channel: ChannelName, keepName: boolean): Promise<'deleted' | 'missing' | 'gone'> {
    const reply = await this.#engine.on(scripts.remove, channel, keepName ? '1' : '0')
    const [outcome, released] = reply as readonly [Buffer, readonly Reply[]]
    // It is done by now, and what a source is not told now it is told by whoever sweeps.
    await this.#releases.settle(this.#engine.keys.partitionOf(channel), released).catch(() => undefined)
    return String(outcome) as 'deleted' | 'missing' | 'gone'
  }

  /** Undefined: the source changed under it. */
  async #make(asked: ForkAsked): Promise<ForkResult | undefined> {
    const { fork } = asked.options
    const cut = await this.#cut(asked)
    if ('kind' in cut) return cut
    const letGo = () => this.#releases.hold(fork.source, asked.hold, false).catch(() => undefined)
    const config = forkConfig(asked.config, cut.source.config, asked.options.named)
    const { contentType } = cut.source.config
    let result: ForkResult | undefined
    try {
      if (!isSameType(config.contentType, contentType)) {
        const why = `The source "${fork.source}" holds ${contentType}, not ${config.contentType}.`
        result = { kind: 'conflict', why }
      } else if (await this.#copy(asked, config, cut)) result = await this.#install(asked, config, cut)
    } catch (thrown) {
      await letGo()
      throw thrown
    }
    if (result?.kind === 'created') await this.#releases.hold(fork.source, asked.hold, true).catch(() => undefined)
    else await letGo()
    return result
  }

  async #cut({ options: { fork, named }, config, hold }: ForkAsked): Promise<ForkCut | ForkResult> {
    const { source, offset, subOffset = 0 } = fork
    const [known] = [await this.#engine.on(scripts.create, source, '')] as readonly (readonly Reply[])[]
    const contentType = String(known?.[0]) === 'exists' ? decodeKnown(known![1]!).config.contentType : ''
    const counts = kindOf(named?.contentType ? config.contentType : contentType) === 'json' ? 'json' : 'bytes'
    const start = offset === zeroOffset || offset === '-1'
    const place = start ? ['-2', '0'] : offset === undefined ? ['-1', '0'] : placeOf(offset)
    const args = [...place, String(subOffset), counts, hold, String(holdMs)]
    const reply = (await this.#engine.on(scripts.cut, source, ...args)) as readonly Reply[]
    return decodeCut(fork, reply)
  }

  /** Answers whether the source still had all of it. */
  async #copy({ channel, hold, options }: ForkAsked, config: ChannelConfig, cut: ForkCut): Promise<boolean> {
    const { birth, info } = cut.source
    const [floorMicros, floor] = placeOf(info.earliest).map(Number)
    const state = [
      ...[Number(whenOf(birth)), floorMicros, floor, floorMicros, floor, cut.micros, 0, 0],
      false,
      false,
      0,
      0,
      0,
    ]
    const record = JSON.stringify([state, [...configNumbers(config), false, false, false]])
    await this.#stage(channel, hold, [record, '0'])
    const { source } = options.fork
    if (config.maxKeys !== undefined && !(await this.#copyKept(channel, hold, source, cut.kept))) return false
    let from = `${floorMicros}-${floor}`
    let copied = 0
    while (copied < cut.count) {
      const entries = await this.#slice(source, from, cut.to, atOnce)
      const last = entries.at(-1)?.[0]
      // Numbers are dense: what is missing has been trimmed.
      if (last === undefined || numberIn(last) - numberIn(from) !== entries.length) return false
      await this.#stage(channel, hold, ['', '0', ...entries.flat()])
      from = last
      copied += entries.length
    }
    return true
  }

  /** What is kept for its key beyond the retention. One that was replaced meanwhile is not there any more. */
  async #copyKept(channel: ChannelName, hold: string, source: ChannelName, ids: readonly string[]): Promise<boolean> {
    for (let at = 0; at < ids.length; at += atOnce) {
      const some = ids.slice(at, at + atOnce)
      const entries = (await Promise.all(some.map((id) => this.#slice(source, before(id), id, 1)))).flat()
      if (entries.length < some.length) return false
      await this.#stage(channel, hold, ['', '1', ...entries.flat()])
    }
    return true
  }

  async #slice(source: ChannelName, from: string, to: string, most: number): Promise<(readonly [string, Buffer])[]> {
    const { keys } = this.#engine
    const partition = keys.partitionOf(source)
    const [, messages] = keys.of(source, partition)
    const args = [from, to, String(most)]
    const reply = await this.#engine.run(scripts.slice, partition, [messages!], args)
    return (reply as readonly (readonly [Buffer, readonly [Buffer, Buffer]])[]).map(([id, [, value]]) => [
      String(id),
      value,
    ])
  }

  async #stage(channel: ChannelName, hold: string, args: readonly (string | Buffer)[]): Promise<void> {
    const { keys } = this.#engine
    const partition = keys.partitionOf(channel)
    await this.#engine.run(scripts.stage, partition, keys.aside(partition, hold), args)
  }

  async #install({ channel, options, hold, config: asked }: ForkAsked, config: ChannelConfig, cut: ForkCut) {
    const { fork, messages = [], closed } = options
    const { keys } = this.#engine
    const partition = keys.partitionOf(channel)
    const all = [...keys.state(partition), ...keys.of(channel, partition), ...keys.aside(partition, hold)]
    const origin: Origin = { ...fork, resolved: cut.resolved }
    const { subOffset = 0 } = fork
    const part = cut.part.length === 0 ? '' : packPart(cut.part, subOffset)
    const first = packAppend(messages, { close: closed, create: config }, 0, stepOf())
    const numbers = [String(cut.micros), String(cut.cameAt)]
    const args = [channel, JSON.stringify(origin), fork.source, hold, ...numbers, part, String(stepOf()), first]
    const reply = (await this.#engine.run(scripts.install as Script, partition, all, args)) as readonly Reply[]
    if (String(reply[0]) === 'lost') return undefined
    const existing = existingOf(channel, reply, asked, options)
    return existing ?? ({ kind: 'created', info: decodeKnown(reply[1]!).info } as const)
  }
}

type Blocked =
  | { readonly kind: 'exists'; readonly info: ChannelInfo }
  | { readonly kind: 'conflict'; readonly why: string }

/** What stands in the way of a channel: one that exists, or a name that is kept. */
export function existingOf(
  channel: ChannelName,
  reply: readonly Reply[],
  config: ChannelConfig,
  options: Partial<ForkOptions>,
): Blocked | undefined {
  if (String(reply[0]) === 'gone') {
    const why = `"${channel}" is deleted, and its name kept for its forks: delete it again to free it.`
    return { kind: 'conflict', why }
  }
  if (String(reply[0]) !== 'exists') return undefined
  const { info, config: own, origin } = decodeKnown(reply[1]!)
  const why = difference({ channel, config: own, closed: info.closed, origin }, config, options)
  return why ? { kind: 'conflict', why } : { kind: 'exists', info }
}

function decodeCut({ source, offset, subOffset = 0 }: Fork, reply: readonly Reply[]): ForkCut | ForkResult {
  const refused = (why: string): ForkResult => ({ kind: 'fork-offset', why })
  const at = () => {
    const [micros, number] = reply[1] as readonly number[]
    return mintOffset(micros!, number!)
  }
  switch (String(reply[0])) {
    case 'missing':
      return { kind: 'fork-missing' }
    case 'gone':
      return { kind: 'fork-gone' }
    case 'trimmed':
      return refused(`The offset ${offset} is older than what "${source}" keeps.`)
    case 'reset':
      return refused(`The offset ${offset} is no position of "${source}".`)
    case 'nothing':
      return refused(`Nothing follows ${at()} in "${source}", so there is no sub-offset ${subOffset}.`)
    case 'few':
      return refused(`The append after ${at()} has fewer than ${subOffset} messages.`)
    case 'short':
      return refused(`The message after ${at()} has ${reply[2]} bytes, fewer than ${subOffset}.`)
  }
  const [, info, micros, cameAt, resolved, toMicros, to, part, kept] = reply
  const known = decodeKnown(info!)
  const [resolvedMicros, resolvedNumber] = resolved as readonly number[]
  return {
    source: known,
    micros: micros as number,
    cameAt: cameAt as number,
    resolved: mintOffset(resolvedMicros!, resolvedNumber!),
    to: `${toMicros}-${to}`,
    count: (to as number) - Number(placeOf(known.info.earliest)[1]),
    part: part as Buffer,
    kept: (kept as readonly Reply[]).map(String),
  }
}

const numberIn = (id: string): number => Number(id.slice(id.indexOf('-') + 1))

/** The id just before one. */
function before(id: string): string {
  const dash = id.indexOf('-')
  return `${id.slice(0, dash)}-${Number(id.slice(dash + 1)) - 1}`
}

const stepOf = (): number => 1 + Math.floor(Math.random() * 1_000)
