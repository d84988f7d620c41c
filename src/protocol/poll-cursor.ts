/** The cursor of a long poll: keeps caches from repeating answers, and readers on one URL. PROTOCOL.md 3.3. */
import { microsOf, type Offset } from './offset.js'

/** Readers whose polls come back empty within the same 10 s go on with one cursor. */
const gridMicros = 10_000_000

/**
 * The cursor to answer with. It goes with the position and not with the reader, so that readers who came at different
 * times ask for the same URL from their second poll on, and a cache asks for all of them once. It is greater than the
 * one that came, which is what [DS] asks.
 * @param given what the client sent as `cursor`
 * @param to where the answer ends
 * @param nowMs milliseconds since 1970, if the answer brings nothing: the position alone would be the same again
 */
export function pollCursor(given: string | undefined, to: Offset, nowMs?: number): number {
  const grid = nowMs === undefined ? 0 : Math.floor((nowMs * 1_000) / gridMicros) * gridMicros
  const current = Math.max(microsOf(to), grid)
  const came = given !== undefined && /^\d{1,16}$/.test(given) ? Number(given) : -1
  return came >= current && came < Number.MAX_SAFE_INTEGER ? came + 1 : current
}
