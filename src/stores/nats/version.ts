/** What the servers must be able to do, by the version that they say they have. */
import { AnywireError } from '../../protocol/error.js'
import type { Link } from './link.js'

/** From here on streams are read by subject, and send out again what they store with its predecessor. */
const least = [2, 9] as const
/** From here on compare-and-set holds among several servers. */
const replicated = [2, 11] as const

/** @throws AnywireError `bad-request` for a server that is too old, or that has no JetStream. */
export function checkServer({ version, hasJetStream }: Pick<Link, 'version' | 'hasJetStream'>): void {
  if (!isAtLeast(version, least)) {
    const sentence = `The NATS server is version ${version}: the store needs ${least.join('.')} or newer.`
    throw new AnywireError('bad-request', sentence)
  }
  if (hasJetStream) return
  throw new AnywireError(
    'bad-request',
    'The NATS server has no JetStream: start it with "-js", or configure "jetstream".',
  )
}

/**
 * @throws AnywireError `bad-request` for streams on several servers that would store two messages that were made for
 * the same predecessor (issues 4320 and 5794 of nats-server).
 */
export function checkReplicas({ version }: Pick<Link, 'version'>, replicas: number): void {
  if (replicas === 1 || isAtLeast(version, replicated)) return
  const sentence =
    `The NATS server is version ${version}: ${replicas} replicas need ${replicated.join('.')} or newer. Before that a ` +
    'cluster stores two messages where only one may follow another.'
  throw new AnywireError('bad-request', sentence)
}

type Version = readonly [major: number, minor: number]

function isAtLeast(version: string, [leastMajor, leastMinor]: Version): boolean {
  const [, major = 0, minor = 0] = (/^v?(\d+)\.(\d+)/.exec(version) ?? []).map(Number)
  return major > leastMajor || (major === leastMajor && minor >= leastMinor)
}
