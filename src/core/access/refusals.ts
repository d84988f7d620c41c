/** The errors for credentials and missing grants. `reason` is the error code of RFC 6750 for `WWW-Authenticate`. */
import { AnywireError } from '../../protocol/error.js'
import type { ChannelName } from '../../protocol/name.js'
import type { Action } from './grants.js'

export const invalidToken = 'invalid_token'
export const insufficientScope = 'insufficient_scope'

/** The token itself cannot be used. */
export function refuseToken(sentence: string, cause?: unknown): AnywireError {
  return new AnywireError('unauthorized', sentence, { cause, details: { reason: invalidToken } })
}

/** The token is good, but does not allow this. */
export function refuseDeed(action: Action, channel: ChannelName): AnywireError {
  const sentence = `Your token lacks a grant of "${action}" that covers ${JSON.stringify(channel)}.`
  return new AnywireError('forbidden', sentence, { details: { reason: insufficientScope } })
}

export function refuseRevoked(): AnywireError {
  return refuseToken('The credential was revoked: come with a new one.')
}

/** The right to the channel was revoked, and the credential is older than that. */
export function refuseChannel(channel: ChannelName): AnywireError {
  const sentence = `The right to ${JSON.stringify(channel)} was revoked: come with a newer credential.`
  return new AnywireError('forbidden', sentence, { details: { reason: insufficientScope } })
}

/** `key`: undefined for a message without one. */
export function refuseKey(channel: ChannelName, key: string | undefined): AnywireError {
  const under = key === undefined ? 'without a key' : `under the key ${JSON.stringify(key.slice(0, 80))}`
  const sentence = `Your token grants "publish" on ${JSON.stringify(channel)} under some keys, and not ${under}.`
  return new AnywireError('forbidden', sentence, { details: { reason: insufficientScope } })
}
