/** Checks of what comes with a publish: sizes, names of events and keys, producers. */
import { AnywireError } from '../../protocol/error.js'
import type { Limits } from '../limits.js'
import type { NewMessage, Producer } from '../store.js'

// biome-ignore lint/suspicious/noControlCharactersInRegex: it would break the line or header of the field
const control = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/

/**
 * Event names with a meaning in event streams: `gap`, `delete` and `position` are ours, the others EventSource's own.
 */
const reservedEvents: ReadonlySet<string> = new Set(['gap', 'delete', 'position', 'error', 'open'])

/**
 * @throws AnywireError `too-large` for a message over the limit, `bad-request` for an event or key that no wire could
 * carry.
 */
export function checkMessage(
  { data, event, key }: NewMessage,
  limits: Limits,
  messageBytes = limits.messageBytes,
): void {
  if (data === undefined && key === undefined) {
    throw new AnywireError('bad-request', 'A message without data must have a key: it removes what the key held.')
  }
  if (data !== undefined && data.byteLength > messageBytes) {
    const sizes = `${data.byteLength} bytes; the limit is ${messageBytes}`
    throw new AnywireError('too-large', `A message has ${sizes}: send it in parts, or raise the limit "messageBytes".`)
  }
  if (event !== undefined) checkEvent(event, limits)
  if (key !== undefined) checkField('key', key, limits)
}

function checkEvent(event: string, limits: Limits): void {
  checkField('event', event, limits)
  if (!reservedEvents.has(event)) return
  const taken = [...reservedEvents].join(', ')
  throw new AnywireError(
    'bad-request',
    `The event ${JSON.stringify(event)} is reserved, as are ${taken}: use another name.`,
  )
}

/** @throws AnywireError `bad-request` for an id or number that is out of range. */
export function checkProducer(producer: Producer, limits: Limits): void {
  if (producer.id === '') throw new AnywireError('bad-request', 'The producer id is empty: give the producer a name.')
  checkField('producer id', producer.id, limits)
  for (const name of ['epoch', 'seq'] as const) {
    if (Number.isSafeInteger(producer[name]) && producer[name] >= 0) continue
    throw new AnywireError('bad-request', `The producer's ${name} must be a whole number from 0 to 2^53 - 1.`)
  }
}

/** @throws AnywireError `bad-request` if the text is too long, no well-formed Unicode, or holds a control character. */
export function checkField(name: string, text: string, limits: Limits): void {
  if (typeof text !== 'string') {
    throw new AnywireError('bad-request', `The ${name} must be a string; it is of type ${typeof text}.`)
  }
  const wrong = fault(text, limits.fieldBytes)
  if (wrong) throw new AnywireError('bad-request', `The ${name} ${JSON.stringify(text.slice(0, 80))} ${wrong}.`)
}

/**
 * @throws AnywireError `bad-request` for a content type that is too long: each channel that it creates would keep it.
 */
export function checkContentType(type: string, limits: Limits): void {
  const wrong = fault(type, limits.contentTypeBytes)
  if (wrong) throw new AnywireError('bad-request', `The content type ${JSON.stringify(type.slice(0, 80))} ${wrong}.`)
}

function fault(text: string, most: number): string | undefined {
  // No character takes more than 3 bytes of UTF-8 per UTF-16 unit: short texts need no count.
  if (text.length * 3 > most && Buffer.byteLength(text) > most) return `is longer than ${most} bytes`
  if (control.test(text)) return 'holds a control character'
  return text.isWellFormed() ? undefined : 'is not well-formed Unicode'
}
