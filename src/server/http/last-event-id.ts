/** `Last-Event-ID`: the position from which an EventSource resumes. */
import type { IncomingMessage } from 'node:http'
import type { Position } from '../../protocol/offset.js'
import { header } from './target.js'

/** A gap tells where the reader was, at most so much of it. */
const longest = 64

/**
 * The header, or what those send in the URL who cannot set one: `lastEventId` (event-source-polyfill) or
 * `Last-Event-ID`. The header is newer: a URL stays as it is when a browser comes back.
 */
export function lastEventIdOf(request: IncomingMessage, query: URLSearchParams): string | undefined {
  const asked = header(request, 'last-event-id')
  return asked || query.getAll('lastEventId').at(-1) || query.getAll('Last-Event-ID').at(-1) || undefined
}

/** An id that is not ours counts as a position of another log. */
export function foreignPosition(lastEventId: string): Position {
  return { kind: 'at', offset: lastEventId.slice(0, longest) }
}
