/** Every way in which a message enters × every check of the road: refused by the same code, and nothing of it stored. PROTOCOL.md 3.1. */
import type { StandardSchemaV1 } from '@standard-schema/spec'
import { describe, expect, it } from 'vitest'
import { AnywireError, type HubOptions, type Incoming, type Rule } from '../../src/index.js'
import { type HubServer, serveHub } from '../support/hub-server.js'
import { type Entry, entries, type Message } from './entries.js'

const words: StandardSchemaV1<unknown, unknown> = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate: (value) => (value === 'bad' ? { issues: [{ message: 'a bad word' }] } : { value }),
  },
}
const quoted = (text: string): Message => ({ body: JSON.stringify(text) })
const nested = (levels: number): Message => ({ body: `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}` })

interface Check {
  readonly name: string
  readonly rule?: Rule
  readonly limits?: HubOptions['limits']
  readonly channel?: string
  readonly message: Message
  /** What is accepted of the same sender, to see that it is this that is refused. */
  readonly good?: Message
  readonly code: string
  readonly holds?: (entry: Entry) => boolean
}

const clients = ({ client }: Entry) => client
const withFields = ({ fields }: Entry) => fields
const rawBytes = ({ raw }: Entry) => raw

function refuse(): never {
  throw new AnywireError('rejected', 'Not this.')
}

function enlarge(message: Incoming): void {
  if (message.data === 'bad') message.data = 'x'.repeat(99)
}

const checks: readonly Check[] = [
  { name: 'permission', rule: { publish: false }, message: quoted('x'), code: 'forbidden', holds: clients },
  {
    name: 'permission, late',
    rule: { publish: async () => false },
    message: quoted('x'),
    code: 'forbidden',
    holds: clients,
  },
  { name: 'permission that fails', rule: { publish: refuse }, message: quoted('x'), code: 'rejected', holds: clients },
  {
    name: 'a reserved name',
    channel: '$c',
    rule: { publish: true, subscribe: true },
    message: quoted('x'),
    code: 'forbidden',
    holds: clients,
  },
  { name: 'a long name', channel: 'n'.repeat(513), message: quoted('x'), code: 'bad-request' },
  {
    name: 'the schema',
    rule: { schema: words },
    message: quoted('bad'),
    good: quoted('x'),
    code: 'rejected',
    holds: clients,
  },
  {
    name: '`receive`',
    rule: { receive: ({ data }) => (data === 'bad' ? refuse() : undefined) },
    message: quoted('bad'),
    good: quoted('x'),
    code: 'rejected',
    holds: clients,
  },
  {
    name: 'the key that the rule finds',
    rule: { key: '/id' },
    message: { body: `{"id":"${'k'.repeat(513)}"}` },
    good: { body: '{"id":"k"}' },
    code: 'bad-request',
  },
  {
    name: 'the type of the rule',
    rule: { contentType: 'application/json' },
    message: { body: 'x', contentType: 'text/plain' },
    good: quoted('x'),
    code: 'conflict',
    holds: ({ typed }) => typed,
  },
  {
    name: 'the size',
    limits: { messageBytes: 100 },
    message: quoted('x'.repeat(99)),
    good: quoted('x'.repeat(98)),
    code: 'too-large',
  },
  {
    name: 'the size of what `receive` makes of it',
    rule: { receive: enlarge },
    limits: { messageBytes: 100 },
    message: quoted('bad'),
    good: quoted('x'),
    code: 'too-large',
    holds: clients,
  },
  {
    name: 'a long content type',
    message: { ...quoted('x'), contentType: `application/json; x=${'y'.repeat(512)}` },
    good: quoted('y'),
    code: 'bad-request',
    holds: ({ typed }) => typed,
  },
  {
    name: 'the count',
    limits: { messagesPerPublish: 1 },
    message: quoted('x'),
    code: 'too-large',
    holds: ({ client, list }) => client && list,
  },
  {
    name: 'a long key',
    message: { ...quoted('x'), key: 'k'.repeat(513) },
    good: { ...quoted('y'), key: 'k' },
    code: 'bad-request',
    holds: withFields,
  },
  {
    name: 'a long event',
    message: { ...quoted('x'), event: 'e'.repeat(513) },
    good: { ...quoted('y'), event: 'e' },
    code: 'bad-request',
    holds: withFields,
  },
  {
    name: 'a line break in the event',
    message: { ...quoted('x'), event: 'e\ndata: y' },
    code: 'bad-request',
    holds: withFields,
  },
  ...['gap', 'delete', 'position', 'error', 'open'].map((event) => ({
    name: `the event ${event}`,
    message: { ...quoted('x'), event },
    code: 'bad-request',
    holds: withFields,
  })),
  { name: 'the depth', message: nested(101), good: nested(100), code: 'bad-request' },
  {
    name: 'the depth of an option',
    limits: { jsonDepth: 3 },
    message: nested(4),
    good: nested(3),
    code: 'bad-request',
  },
  { name: 'UTF-8', message: { body: Uint8Array.of(0x22, 0xff, 0x22) }, code: 'bad-request', holds: rawBytes },
  { name: 'a byte order mark', message: { body: '\ufeff1' }, code: 'bad-request', holds: rawBytes },
  { name: 'JSON', message: { body: '{"a":' }, code: 'bad-request', holds: rawBytes },
  {
    name: 'a number that no double holds, where a rule judges',
    rule: { schema: words },
    message: { body: '1e999' },
    good: { body: '1e99' },
    code: 'bad-request',
    holds: clients,
  },
]

/** What a channel holds, as JSON. */
async function stored({ hub }: HubServer, channel: string): Promise<unknown[]> {
  const found: unknown[] = []
  await hub.publish(channel, 'end', { close: true, ...(channel === 'keyed' && { key: 'k' }) })
  for await (const one of hub.subscribe(channel, { from: 'start' })) if (one.kind === 'message') found.push(one.data)
  return found.slice(0, -1)
}

describe.each(entries)('$name', (entry) => {
  const held = checks.filter(({ holds }) => holds === undefined || holds(entry))

  it.each(held)(
    'is refused by $name, and stores nothing',
    async ({ rule, limits, channel = 'c', message, good, code }) => {
      const server = await serveHub({ limits, rules: rule && { [channel]: rule } })
      expect(await entry.send(server, channel, message)).toBe(code)
      if (Buffer.byteLength(channel) > 512) return
      if (good) expect(await entry.send(server, channel, good)).toBeUndefined()
      const kept = await stored(server, channel)
      expect(kept.length > 0).toBe(good !== undefined)
      expect(kept).not.toContainEqual(parsed(message))
    },
  )
})

function parsed({ body }: Message): unknown {
  try {
    return JSON.parse(String(body))
  } catch {
    return Symbol('nothing')
  }
}
