/** The header `traceparent`: which span a message comes from. [W3C Trace Context 3.2] */

/** Of version 00: what later versions add is left out. */
export const traceparentLength = 55

const form = /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(?:-|$)/

export interface Traceparent {
  readonly traceId: string
  readonly spanId: string
  readonly flags: number
}

/** Undefined for what is none. */
export function parseTraceparent(text: string | undefined): Traceparent | undefined {
  const [, traceId, spanId, flags] = (text && form.exec(text)) || []
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined
  return { traceId, spanId, flags: Number.parseInt(flags, 16) }
}

/** As it is kept with a message: of version 00. Undefined for what is none. */
export function keptTraceparent(text: string | undefined): string | undefined {
  return text !== undefined && form.test(text) ? `00${text.slice(2, traceparentLength)}` : undefined
}
