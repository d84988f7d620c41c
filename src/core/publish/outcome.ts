/** Outcomes of publishes, creations and deletions, and the error for each refusal. */
import { AnywireError } from '../../protocol/error.js'
import type { ChannelName } from '../../protocol/name.js'
import type { AppendResult, ForkResult } from '../store.js'

/**
 * The store's answer, or one of ours. `reply` is what `receive` returned, as JSON text: one value for one message, an
 * array in their order for several, undefined if it returned nothing for any.
 */
export type PublishOutcome =
  | (AppendResult & { readonly reply?: string | undefined })
  /** `receive` discarded every message: nothing was stored. */
  | { readonly kind: 'replied'; readonly reply?: string | undefined }
  /** Refused before the store was asked to keep anything. */
  | Refused

export interface Refused {
  readonly kind: 'refused'
  readonly error: AnywireError
  readonly reply?: undefined
}

export type CreateOutcome = ForkResult | Refused

export type RemoveOutcome = { readonly kind: 'deleted' | 'missing' | 'gone' } | Refused

export function refused(error: AnywireError): Refused {
  return { kind: 'refused', error }
}

/** The error for a channel that was not created; undefined if it exists now. */
export function toCreateError(outcome: CreateOutcome, channel: ChannelName): AnywireError | undefined {
  switch (outcome.kind) {
    case 'created':
    case 'exists':
      return undefined
    case 'refused':
      return outcome.error
    case 'conflict':
      return new AnywireError('conflict', outcome.why)
    case 'full':
      return fullError(JSON.stringify(channel), outcome.why)
    case 'fork-missing':
      return new AnywireError('unknown-channel', 'The channel to fork from does not exist.')
    case 'fork-gone':
      return new AnywireError('conflict', 'The channel to fork from was deleted.')
    case 'fork-offset':
      return new AnywireError('bad-request', `${JSON.stringify(channel)} cannot begin there. ${outcome.why}`)
  }
}

/** The error for a channel that was not deleted. */
export function toRemoveError(outcome: RemoveOutcome, channel: ChannelName): AnywireError | undefined {
  if (outcome.kind === 'deleted') return undefined
  if (outcome.kind === 'refused') return outcome.error
  const name = JSON.stringify(channel)
  if (outcome.kind === 'gone')
    return new AnywireError('gone', `The channel ${name} was deleted; only its forks live on.`)
  return new AnywireError('unknown-channel', `There is no channel ${name}.`)
}

/** The error for a publish; undefined if it succeeded: appended, a duplicate, or replied to. */
export function toError(outcome: PublishOutcome, channel: ChannelName): AnywireError | undefined {
  const { kind } = outcome
  if (kind === 'appended' || kind === 'duplicate' || kind === 'replied') return undefined
  const name = JSON.stringify(channel)
  switch (outcome.kind) {
    case 'refused':
      return outcome.error
    case 'fenced':
      return new AnywireError('fenced', `A newer producer publishes to ${name}: epoch ${outcome.epoch} is in force.`, {
        details: { epoch: outcome.epoch },
      })
    case 'sequence-gap': {
      const { expected, received } = outcome
      const sentence =
        `The next sequence number of this producer in ${name} is ${expected}; ${received} came. Send what is ` +
        'missing first.'
      return new AnywireError('sequence-gap', sentence, { details: { expected, received } })
    }
    case 'bad-epoch':
      return new AnywireError(
        'bad-request',
        `A new epoch of a producer begins with sequence number 0, in ${name} too.`,
        {
          details: { expected: 0 },
        },
      )
    case 'closed':
      return new AnywireError('closed', `The channel ${name} is closed: nothing can be added to it.`, {
        details: { offset: outcome.next },
      })
    default:
      return fromStore(outcome, name)
  }
}

type Rest = Extract<PublishOutcome, { kind: 'mismatch' | 'stale-seq' | 'missing' | 'gone' | 'full' | 'unknown' }>

function fromStore(outcome: Rest, name: string): AnywireError {
  switch (outcome.kind) {
    case 'mismatch':
      return new AnywireError('conflict', `The channel ${name} holds ${outcome.contentType}: publish with that type.`)
    case 'stale-seq':
      return new AnywireError(
        'conflict',
        `Stream-Seq sequence conflict: it must be greater than ${JSON.stringify(outcome.seq)}, the last one ` +
          `of ${name}.`,
      )
    case 'missing':
      return new AnywireError('unknown-channel', `There is no channel ${name}: create it with PUT.`)
    case 'gone':
      return new AnywireError('gone', `The channel ${name} was deleted; only its forks live on.`)
    case 'full':
      return fullError(name, outcome.why)
    case 'unknown':
      return new AnywireError(
        'unknown-outcome',
        `The store did not answer in time: ${name} may hold the publish or not. Publish it again only with a producer.`,
        { cause: outcome.cause, details: { retryMs: 1_000 } },
      )
  }
}

/** A limit of the store is reached. */
export function fullError(name: string, why: string): AnywireError {
  return new AnywireError('too-many', `The store has no room for ${name}. ${why}`, { details: { retryMs: 10_000 } })
}
