/** Names a credential without telling it. */
import crypto from 'node:crypto'

/** The SHA-256 of a text, as base64. */
export function digestOf(text: string): string {
  // Node has the quicker one from 20.12 on.
  if (typeof crypto.hash === 'function') return crypto.hash('sha256', text, 'base64')
  return crypto.createHash('sha256').update(text).digest('base64')
}
