/** What may be shown of values that hold secrets. */

const redacted = '[redacted]'

export const hidden = (_value: unknown): unknown => redacted

/** The password in a URL, or in several that are separated by commas. What is no text is a store of a program. */
export function inUrl(value: unknown): unknown {
  if (typeof value !== 'string') return '[store]'
  return value.replaceAll(/(:\/\/[^/\s:@]*):[^/\s]*@/g, `$1:${redacted}@`)
}

/** The `key` of each issuer, which may be a secret. */
export function keysHidden(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (name, one) => (name === 'key' ? redacted : one)))
}
