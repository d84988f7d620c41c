/** The `welcome` frame, and the digest by which a client recognises its principal. PROTOCOL.md 4.2. */
import { createHash } from 'node:crypto'
import { remembered } from '../../../core/remembered.js'
import type { Principal } from '../../../core/rule.js'
import type { OutgoingFrame } from '../../../protocol/anywire-frame.js'
import { AnywireError } from '../../../protocol/error.js'
import type { Context } from '../../context.js'
import { mostFrameBytes, mostMessageBytes } from '../../door/frame-limits.js'

/** Its base64url characters: 132 bits of the hash. */
const digestLength = 22

/**
 * Identifies a principal without revealing its id: the same on all nodes and after restarts. Undefined for a connection
 * whose `auth` frame is still awaited.
 */
export function principalDigest({ id }: Principal): string | undefined {
  return id === '' ? undefined : digestOf(id)
}

/** Clients reconnect often, and a cached digest is cheaper than a new hash. */
const digestOf = remembered(
  (id) => createHash('sha256').update(`anywire principal\n${id}`).digest('base64url').slice(0, digestLength),
  1_000,
)

/** Fields about the principal: `principal` and `expiresAt`, each only if there is one. */
export function principalFields(principal: Principal): { readonly principal?: string; readonly expiresAt?: number } {
  const digest = principalDigest(principal)
  const { expiresAt } = principal
  return { ...(digest !== undefined && { principal: digest }), ...(expiresAt !== undefined && { expiresAt }) }
}

export function welcomeFrame(context: Pick<Context, 'limits' | 'rules'>, principal: Principal): OutgoingFrame {
  const { limits } = context
  const binary = mostFrameBytes(context)
  return {
    type: 'welcome',
    version: 1,
    time: microsNow(),
    heartbeatMs: limits.heartbeatMs,
    maxMessageBytes: mostMessageBytes(context),
    maxFrameBytes: limits.bodyBytes,
    ...(binary > limits.bodyBytes && { maxBinaryFrameBytes: binary }),
    maxChannels: limits.channelsPerConnection,
    ...principalFields(principal),
  }
}

/**
 * Refuses a request of a client that expects to be another principal: its messages were meant to be sent by that one.
 * @throws AnywireError `unauthorized`
 */
export function checkPrincipal(believed: string | undefined, principal: Principal): void {
  if (believed === undefined || believed === principalDigest(principal)) return
  throw new AnywireError(
    'unauthorized',
    'This request is of another principal than its "principal" says: ask for a "welcome" and begin anew.',
  )
}

export function microsNow(): number {
  return Math.round((performance.timeOrigin + performance.now()) * 1000)
}
