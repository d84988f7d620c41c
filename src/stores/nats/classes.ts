/** The classes of channels: how many messages they keep, and the stream that each class has. */
import { AnywireError } from '../../protocol/error.js'
import { type JetStream, JetStreamError, NoStream, type StreamConfig } from './jetstream.js'
import { checkReplicas } from './version.js'

/**
 * What a stream has beyond the messages of its class: the frame that closes a channel, and the one that created it,
 * need not hold messages.
 */
const spareFrames = 2
const everything = 'all'
/** The class of the stream in which every name is looked up first. The hub's default. */
export const homeClass = '10000'

export interface ClassOptions {
  /** What names of streams and subjects begin with. */
  readonly name: string
  readonly replicas: number
  readonly maxBytes: number | undefined
}

/**
 * Messages that a stream keeps beyond those of its class. Who has read up to them may read on, so that a reader at the
 * beginning of what is kept is not overtaken by it again and again.
 */
export function graceOf(messages: number): number {
  return Math.floor(messages / 10)
}

/** The class of channels that keep so many messages; `null`: all. */
export function classOf(messages: number | null): string {
  return messages === null ? everything : String(Math.max(0, messages))
}

/** Whether a stream of a class keeps what one of another does. */
export function covers(one: string, other: string): boolean {
  return one === everything || (other !== everything && Number(one) >= Number(other))
}

/** The name of the stream of a class. */
export function streamOf(start: string, name: string): string {
  return `${start}_${name}`
}

/** Where the birth of the stream of a class is written down; more of the kind is below it. */
export function birthSubject(start: string, name: string): string {
  return `${start}.b.${name}`
}

/** The classes that have a stream already. */
export async function classesOf(jetStream: JetStream, start: string): Promise<string[]> {
  const prefix = streamOf(start, '')
  const names = await jetStream.streams(`${start}.c.>`)
  return names.filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length))
}

export function configOf(name: string, { name: start, replicas, maxBytes = -1 }: ClassOptions): StreamConfig {
  const birth = birthSubject(start, name)
  return {
    name: streamOf(start, name),
    description: `Channels of Anywire that keep ${name} messages`,
    subjects: [`${start}.c.${name}.>`, `${start}.p.${name}.>`, birth, `${birth}.*`],
    retention: 'limits',
    storage: 'file',
    discard: 'new',
    max_msgs_per_subject: name === everything ? -1 : Number(name) + graceOf(Number(name)) + spareFrames,
    max_msgs: -1,
    max_bytes: maxBytes,
    max_age: 0,
    max_consumers: -1,
    num_replicas: replicas,
    duplicate_window: 1e9,
    allow_rollup_hdrs: true,
    republish: { src: `${start}.c.${name}.>`, dest: `${start}.w.>` },
  }
}

/** What must be as it is wanted. Bytes and replicas may be changed by who runs the servers. */
const fixedNames = [
  ...['subjects', 'retention', 'discard', 'max_msgs_per_subject', 'max_msgs', 'max_age'],
  ...['republish', 'allow_rollup_hdrs'],
]

/**
 * Makes the stream where it is not there, and answers how it is. What the server says that it accepted is not trusted.
 * @throws AnywireError `bad-request` where it cannot be made, or is not as it must be.
 */
export async function makeStream(jetStream: JetStream, wanted: StreamConfig): Promise<StreamConfig> {
  const has = await jetStream.config(wanted.name).catch(async (thrown) => {
    if (!(thrown instanceof NoStream)) throw thrown
    // Another node may have made it at the same moment.
    const made = await jetStream.create(wanted).catch((error) => error)
    return jetStream.config(wanted.name).catch((missing) => refused(made ?? missing))
  })
  for (const name of fixedNames) {
    const [its, needed] = [has, wanted].map((config) => JSON.stringify(config[name]))
    if (its === needed) continue
    const sentence = `The stream "${wanted.name}" has ${name} ${its} where ${needed} is needed`
    throw new AnywireError('bad-request', `${sentence}: change it, or use another "name".`)
  }
  checkReplicas(jetStream.link, has.num_replicas)
  if (has.num_replicas >= wanted.num_replicas) return has
  const asked = `where ${wanted.num_replicas} are asked for: change it.`
  throw new AnywireError('bad-request', `The stream "${wanted.name}" has ${has.num_replicas} replicas ${asked}`)
}

function refused(thrown: unknown): never {
  if (!(thrown instanceof JetStreamError)) throw thrown
  const sentence = `NATS refuses the stream that is needed: ${thrown.message}.`
  throw new AnywireError('bad-request', sentence, { cause: thrown })
}
