/** A revocation as it stands in the log `$revoked`: under a key of its own, which a tombstone takes away. */
import { type Revocation, revocables } from '../../core/access/revoked.js'
import type { NewMessage } from '../../core/store.js'
import type { Message } from '../../protocol/message.js'
import { logKey } from '../log-key.js'

export function revocationKey({ what, name }: Pick<Revocation, 'what' | 'name'>): string {
  return logKey(`${what} ${name}`)
}

export function spellRevocation(revocation: Revocation): NewMessage {
  return { key: revocationKey(revocation), data: Buffer.from(JSON.stringify(revocation)) }
}

/** Undefined for a tombstone, and for what is no revocation. */
export function readRevocation({ data }: Pick<Message, 'data'>): Revocation | undefined {
  if (data === undefined) return undefined
  const read = parsed(data)
  const { what, name, issuedBefore, until } = read
  const known = revocables.find((one) => one === what)
  if (known === undefined || typeof name !== 'string' || typeof until !== 'number') return undefined
  if (issuedBefore !== undefined && typeof issuedBefore !== 'number') return undefined
  return { what: known, name, issuedBefore, until }
}

function parsed(data: Uint8Array): Readonly<Record<string, unknown>> {
  try {
    return Object(JSON.parse(Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString()))
  } catch {
    return {}
  }
}
