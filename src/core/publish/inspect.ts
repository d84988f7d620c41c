/** Applies a rule to what a client publishes: schema, key and `receive`, message by message. */
import { setImmediate } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { AnywireError } from '../../protocol/error.js'
import { checkFinite } from '../../protocol/json.js'
import { readsOneWay } from '../../protocol/json-walk.js'
import type { Kind } from '../../protocol/message.js'
import { Deadlines } from '../deadlines.js'
import type { Limits } from '../limits.js'
import type { Incoming, ResolvedRule, RuleContext } from '../rule.js'
import type { NewMessage } from '../store.js'
import { budgetMs } from '../turns.js'
import { userError } from '../user-function.js'
import type { BodyMessage } from './body.js'
import { checkMessage } from './fields.js'
import { bytesOf, ownBytes, readValue, spellJson, textOf } from './payload.js'

/** A message and the value of its bytes. */
export interface OpenedMessage {
  readonly message: NewMessage
  readonly value: unknown
}

/**
 * The messages that the rule accepted, in order, and its reply: as JSON text, so that it is known to be JSON before
 * anything is stored.
 */
export interface Inspected {
  readonly messages: readonly NewMessage[]
  readonly reply: string | undefined
}

/** @throws AnywireError `bad-request` for a number that no double holds. */
export function open({ message, value }: BodyMessage, kind: Kind, limits: Pick<Limits, 'jsonDepth'>): OpenedMessage {
  const { data } = message
  if (data === undefined) return { message, value: undefined }
  if (value === undefined || kind !== 'json') return { message, value: readValue(data, kind, limits) }
  checkFinite(textOf(data), value, 'The message')
  return { message, value }
}

/** As `open`, and yields to the event loop between large messages. */
export async function openAll(
  messages: readonly BodyMessage[],
  kind: Kind,
  limits: Pick<Limits, 'jsonDepth'>,
): Promise<OpenedMessage[]> {
  const opened: OpenedMessage[] = []
  let until = performance.now() + budgetMs
  for (const message of messages) {
    opened.push(open(message, kind, limits))
    if (performance.now() < until) continue
    await setImmediate()
    until = performance.now() + budgetMs
  }
  return opened
}

/** The key that the publisher names, or that the rule's pointer finds. */
export function keyOf({ message, value }: OpenedMessage, rule: ResolvedRule): string | undefined {
  return message.key ?? (message.data && rule.keyOf?.(value))
}

/** Fills in the key that the rule's pointer finds, and takes the bytes into memory of their own. */
export function seal(opened: OpenedMessage, rule: ResolvedRule): NewMessage {
  const { data, event } = opened.message
  return { data: data && ownBytes(data), event, key: keyOf(opened, rule) }
}

/** Applies rules, with one deadline for all messages of a publish. */
export class Inspector {
  readonly #limits: Limits
  readonly #deadlines: Deadlines

  constructor(limits: Limits) {
    const { functionMs } = limits
    this.#limits = limits
    this.#deadlines = new Deadlines(functionMs, () => {
      const sentence =
        `The functions of a rule did not judge the messages of one publish within ${functionMs} ms (the limit ` +
        '"functionMs").'
      return userError(new Error(sentence))
    })
  }

  /** @throws what the schema or `receive` refuses with; all messages pass or none. */
  inspect(opened: readonly OpenedMessage[], kind: Kind, rule: ResolvedRule, context: RuleContext): Promise<Inspected> {
    const judging: Judging = { kind, rule, context, limits: this.#limits, over: false }
    // With one message each call has its own deadline, which names the function.
    if (opened.length === 1) return judge(opened, judging)
    return this.#deadlines.within(judge(opened, judging), (thrown) => {
      judging.over = true
      throw thrown
    })
  }
}

interface Judging {
  readonly kind: Kind
  readonly rule: ResolvedRule
  readonly context: RuleContext
  readonly limits: Limits
  /** It took too long: no function is called any more. */
  over: boolean
}

async function judge(opened: readonly OpenedMessage[], judging: Judging): Promise<Inspected> {
  const rest = pauses(judging)
  // All messages are checked before `receive` is called for the first: it may have side effects.
  const checked: Checked[] = []
  for (const one of opened) {
    checked.push(await check(one, judging.rule))
    const pause = rest()
    if (pause) await pause
  }
  const messages: NewMessage[] = []
  const replies: (string | undefined)[] = []
  for (const one of checked) {
    const { message, reply } = await receive(one, judging)
    if (message) messages.push(message)
    replies.push(reply)
    const pause = rest()
    if (pause) await pause
  }
  return { messages, reply: joined(replies) }
}

/** Yields to the event loop between messages, now and then. */
function pauses(judging: Judging): () => Promise<void> | undefined {
  let until = performance.now() + budgetMs
  return () => {
    if (judging.over) throw new Error('It took too long.')
    if (performance.now() < until) return undefined
    return setImmediate().then(() => {
      if (judging.over) throw new Error('It took too long.')
      until = performance.now() + budgetMs
    })
  }
}

/** One reply for one message; for several an array in their order, unless there was none at all. */
function joined(replies: readonly (string | undefined)[]): string | undefined {
  if (replies.length === 1) return replies[0]
  if (replies.every((reply) => reply === undefined)) return undefined
  return `[${replies.map((reply) => reply ?? 'null').join(',')}]`
}

/** `fresh`: the schema changed the value, so the bytes that came no longer encode it. */
interface Checked extends OpenedMessage {
  readonly fresh: boolean
}

async function check({ message, value }: OpenedMessage, rule: ResolvedRule): Promise<Checked> {
  if (!rule.validate || message.data === undefined) return { message, value, fresh: false }
  const result = await rule.validate(value)
  if (result.issues) {
    if (!Array.isArray(result.issues)) throw new TypeError('The issues of a schema are not an array.')
    const issues = Array.from(result.issues, ({ message: text, path }) => ({
      message: String(text),
      ...(path && { path: Array.from(path, step) }),
    }))
    const first = issues[0]?.message ?? 'it does not fit the schema'
    throw new AnywireError('rejected', `The message was rejected: ${first}`, { details: { issues } })
  }
  // Publishers and `receive` may make tombstones. From a schema it would be a mistake.
  if (result.value === undefined) throw new TypeError('A schema answered neither issues nor a value.')
  return { message, value: result.value, fresh: result.value !== value && !isDeepStrictEqual(result.value, value) }
}

function step(part: PropertyKey | { readonly key: PropertyKey }): string | number {
  const key = typeof part === 'object' ? part.key : part
  return typeof key === 'number' ? key : String(key)
}

async function receive(
  { message, value, fresh }: Checked,
  { kind, rule, context, limits }: Judging,
): Promise<{ message: NewMessage | undefined; reply: string | undefined }> {
  const key = keyOf({ message, value }, rule)
  const spell = (data: unknown) =>
    data === undefined || kind !== 'json' ? undefined : spellJson(data, 'The data that a rule left', limits)
  const before = spell(value)
  let discarded = false
  const incoming: Incoming = {
    data: value,
    event: message.event,
    key,
    discard() {
      discarded = true
    },
  }
  const answer = await rule.receive?.(incoming, context)
  const reply = answer === undefined ? undefined : spellJson(answer, 'What "receive" answered', limits)
  if (discarded) return { message: undefined, reply }
  const { data, event } = incoming
  // An object may have been changed in place.
  const after = rule.receive ? spell(data) : before
  const changed = fresh || data !== value || after !== before
  const stays = !changed && faithful(message, value, before)
  const kept = stays ? message.data : after === undefined ? bytesOf(data, kind) : Buffer.from(after)
  // The pointer reads what is stored, unless a key was given by the publisher or by `receive`.
  const found = changed && message.key === undefined && incoming.key === key && kept ? rule.keyOf?.(data) : undefined
  const left = { data: kept && ownBytes(kept), event, key: found ?? incoming.key }
  const own = changed || event !== message.event || incoming.key !== key
  checkLeft(left, own, limits, rule.messageBytes)
  return { message: left, reply }
}

/**
 * `own`: a function of the rule changed the message. An invalid message is then the function's fault, otherwise the
 * publisher's. A message that the function made too large is the publisher's too: it can send less.
 */
function checkLeft(message: NewMessage, own: boolean, limits: Limits, messageBytes: number | undefined): void {
  try {
    checkMessage(message, limits, messageBytes)
  } catch (thrown) {
    const error = AnywireError.from(thrown)
    if (!own || error.code === 'too-large') throw error
    throw userError(new TypeError(`A rule left a message that cannot be stored. ${error.message}`))
  }
}

/**
 * [protocol 3.1] Whether the bytes that came can be stored: other parsers must not read another value than the one that
 * was checked.
 */
function faithful({ data }: NewMessage, value: unknown, spelt: string | undefined): boolean {
  if (data === undefined || spelt === undefined) return true
  return textOf(data) === spelt || readsOneWay(data, value)
}
