/** What the servers must be able to do, by the version that they say they have. */
import { AnywireError } from '../../protocol/error.js'
import type { Link } from './link.js'

/** From here on streams are read by subject, and send out again what they store with its predecessor. */
const least = [2, 9] as const

/** @throws AnywireError `bad-request` for a server that is too old, or that has no JetStream. */
export function checkServer({ version, hasJetStream }: Pick<Link, 'version' | 'hasJetStream'>): void {
  if (!isAtLeast(version)) {
    const sentence = `The NATS server is version ${version}: the store needs ${least.join('.')} or newer.`
    throw new AnywireError('bad-request', sentence)
  }
  if (hasJetStream) return
  throw new AnywireError(
    'bad-request',
    'The NATS server has no JetStream: start it with "-js", or configure "jetstream".',
  )
}

function isAtLeast(version: string): boolean {
  const [, major = 0, minor = 0] = (/^v?(\d+)\.(\d+)/.exec(version) ?? []).map(Number)
  return major > least[0] || (major === least[0] && minor >= least[1])
}
