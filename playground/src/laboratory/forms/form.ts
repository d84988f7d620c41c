/** A form of reading: how channels are asked for over one transport, told in one way by all of them. */
import type { Load } from '../../channels.js'

export interface Form {
  readonly name: string
  /** The segment of its path, by which the server knows what it costs. */
  readonly lane: string
  /** What is asked of the server. */
  readonly ask: string
  /** It has a position, and reads on from there. */
  readonly resumes: boolean
  /** Carries any number of channels; else the first one only. */
  readonly many: boolean
  /** Begins to read after these positions, or from now; answers what ends it. */
  open(channels: readonly string[], positions: ReadonlyMap<string, string>, events: Events): () => void
}

/** What a form tells of its reading. */
export interface Events {
  /** It reads; without a time it took as long as since it was asked to open; null: it is not for the lane to say. */
  opened(connectMs?: number | null): void
  /** It reads no more, and tries by itself. */
  lost(): void
  /** It is over, and to be opened again: at once if that was `due`. */
  ended(due?: boolean): void
  message(channel: string, load: Load, position?: string): void
  /** It stands somewhere else without a message. */
  moved(channel: string, position: string): void
  /** The server announced that messages are gone; reading goes on at the position. */
  gap(channel: string, position: string): void
}

/** By way of the visitor's line. */
export const mountOf = (lane: string) => `/lab/${lane}/channels`
export const socketUrl = (path: string) => location.origin.replace(/^http/, 'ws') + path

/** Reads until it is cut: `read` ends when it was to end, and throws when the line broke. */
export function loop(read: (signal: AbortSignal) => Promise<void>, { ended }: Events): () => void {
  const cut = new AbortController()
  read(cut.signal).then(
    () => ended(true),
    () => ended(),
  )
  return () => cut.abort()
}

/** @throws Error for a status that is none of a reading. */
export async function ask(url: string, init: RequestInit): Promise<Response> {
  const response = await fetch(url, { ...init, cache: 'no-store' })
  if (response.ok || response.status === 410) return response
  throw new Error(`The server answered ${response.status}.`)
}
