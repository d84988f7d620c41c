/** What each operation of the admin API does with a hub. */
import { listOf } from '../../core/statistics.js'
import { base64Form, readBase64 } from '../../protocol/base64.js'
import { AnywireError } from '../../protocol/error.js'
import { isReserved } from '../../protocol/name.js'
import type { Hub } from '../../server/hub.js'
import type { OperationName } from './operations.js'

/** The fields of a body, or of a query, as its schema lets them be. */
export type Fields = Readonly<Record<string, unknown>>

type Act = (hub: Hub, fields: never) => Promise<object>

interface Said {
  readonly data?: unknown
  readonly base64?: string
  readonly event?: string
  readonly key?: string
}

/** Entries of one list, of all nodes. */
const mostEntries = 1_000

export const acts = {
  stats: (hub) => entriesOf(hub, '$stats'),
  connections: (hub, { search }: { search?: string }) => entriesOf(hub, searched('$connections', search)),
  channels: (hub, { search }: { search?: string }) => entriesOf(hub, searched('$channels', search)),
  async history(hub, { channel, ...options }: { channel: string; from?: string; limit?: number }) {
    const { messages, next, upToDate } = await hub.history(channel, options)
    return { messages: messages.map(spelt), next, upToDate }
  },
  async publish(hub, { channel, ...said }: Said & { channel: string }) {
    const { data, ...options } = messageOf(said)
    return hub.publish(ofTheirs(channel), data, options)
  },
  async batch(hub, { channel, messages }: { channel: string; messages: readonly Said[] }) {
    return hub.publishBatch(ofTheirs(channel), messages.map(messageOf))
  },
  async disconnect(hub, { everybody = false, ...selector }: { everybody?: boolean; connection?: string }) {
    if (everybody === Object.keys(selector).length > 0) {
      throw new AnywireError('bad-request', 'Name a principal, a channel, a connection; or say "everybody": true.')
    }
    return { connections: await hub.disconnect(selector) }
  },
  revoke: (hub, target: Fields) => hub.revoke(target),
  async drain(hub, { node }: { node?: string }) {
    return { node: hub.drain(node) }
  },
  async trim(hub, { channel, keep }: { channel: string; keep: number }) {
    return { trimmed: await hub.trim(ofTheirs(channel), keep) }
  },
  async delete(hub, { channel }: { channel: string }) {
    return { deleted: await hub.delete(ofTheirs(channel)) }
  },
} satisfies Record<OperationName, Act>

/** The name of the list of what has this text in it. @throws AnywireError `bad-request` */
export function searched(list: string, text = ''): string {
  const trimmed = text.replace(/^\/+|\/+$/g, '').trim()
  return trimmed === '' ? list : `${list}/${trimmed}`
}

async function entriesOf(hub: Hub, list: string): Promise<object> {
  const { messages } = await hub.history(list, { from: 'snapshot', limit: mostEntries })
  if (messages.length === 0 && !hub.tells) {
    throw new AnywireError('not-acceptable', 'Statistics are switched off: give createHub "statistics: true".')
  }
  return { entries: messages.map(({ data }) => data).filter((entry) => entry !== undefined) }
}

/** What the hub keeps for itself is changed by nobody. @throws AnywireError `forbidden` */
function ofTheirs(channel: string): string {
  if (!isReserved(channel)) return channel
  throw new AnywireError('forbidden', `Nobody writes to ${JSON.stringify(channel)} but the server itself.`)
}

/** @throws AnywireError `bad-request` for what is no base64, and for both at once. */
function messageOf({ data, base64, event, key }: Said) {
  if (base64 === undefined) return { data, event, key }
  if (data !== undefined) throw new AnywireError('bad-request', 'Send "data" or "base64", not both.')
  const bytes = readBase64(base64)
  if (bytes) return { data: bytes, event, key }
  throw new AnywireError('bad-request', `"base64" must be ${base64Form}; it is ${JSON.stringify(base64.slice(0, 80))}.`)
}

function spelt({
  offset,
  event,
  key,
  data,
}: {
  offset: string
  event?: unknown
  key?: unknown
  data: unknown
}): object {
  const named = { offset, ...(event !== undefined && { event }), ...(key !== undefined && { key }) }
  if (data instanceof Uint8Array) return { ...named, base64: Buffer.from(data).toString('base64') }
  return data === undefined ? named : { ...named, data }
}

/** Whether a channel is a list of statistics. */
export function isList(channel: string): boolean {
  return listOf(channel) !== undefined
}
