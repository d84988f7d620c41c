/** `usePresence`: who is present in a channel, and how one is there oneself. */
import { useEffect, useMemo, useSyncExternalStore } from 'react'
import type { Client } from '../client/client.js'
import type { Presence, Roster } from '../client/roster.js'
import { AnywireError } from '../protocol/error.js'
import { useClient } from './provider.js'

export interface PresenceView<State = unknown> extends Roster<State> {
  /** `pending`: before the server has said who is there; `open`; `closed`: the client is; `error`: see there. */
  readonly status: 'pending' | 'open' | 'closed' | 'error'
  /** What ended it, or a state that cannot be. What a reconnect mends is no error. */
  readonly error: AnywireError | undefined
}

const nobody: PresenceView = {
  status: 'pending',
  error: undefined,
  members: [],
  count: 0,
  connections: 0,
  sample: [],
}

/**
 * Who is present in a channel whose rule has `presence`, while the component is shown. With a state one is there
 * oneself; without, one only looks. A state may be a new object in each render: what its JSON says counts. Reads nothing
 * for `undefined` as channel, and on a server.
 */
export function usePresence<State = unknown>(channel: string | undefined, state?: State | null): PresenceView<State> {
  const client = useClient() as Client | undefined
  const text = state === undefined ? undefined : JSON.stringify(state)
  const reading = useMemo(() => new ReactPresence(client, channel), [client, channel])
  useEffect(() => reading.say(text), [reading, text])
  return useSyncExternalStore(reading.subscribe, reading.view, reading.view) as PresenceView<State>
}

/** What could not be loaded is tried again after so long, and then after twice as long each time. */
const firstWaitMs = 1_000
const maxWaitMs = 30_000

class ReactPresence {
  readonly #client: Client | undefined
  readonly #channel: string | undefined
  #view = nobody
  #state: string | undefined
  #changed: () => void = () => undefined
  #presence: Presence | undefined
  /** Each time that somebody wants to be told is another: what was loaded for an earlier one is let go. */
  #turn = 0

  constructor(client: Client | undefined, channel: string | undefined) {
    this.#client = client
    this.#channel = channel
  }

  readonly view = (): PresenceView => this.#view

  readonly subscribe = (changed: () => void): (() => void) => {
    this.#changed = changed
    void this.#open(++this.#turn)
    return () => {
      this.#turn++
      this.#presence?.close()
      this.#presence = undefined
    }
  }

  /** The state as JSON; undefined: one only looks. */
  say(state: string | undefined): void {
    const leaves = state === undefined && this.#state !== undefined
    this.#state = state
    if (state === undefined && !leaves) return
    try {
      this.#presence?.set(state === undefined ? null : JSON.parse(state))
    } catch (thrown) {
      this.#show({ status: 'error', error: AnywireError.from(thrown) })
    }
  }

  async #open(turn: number, waitMs = firstWaitMs): Promise<void> {
    if (!this.#client || this.#channel === undefined) return
    try {
      const presence = await this.#client.presence(this.#channel)
      if (turn !== this.#turn) return presence.close()
      this.#watch(presence)
    } catch (thrown) {
      if (turn !== this.#turn) return
      if (thrown instanceof AnywireError) return this.#show({ status: 'error', error: thrown })
      setTimeout(() => turn === this.#turn && void this.#open(turn, Math.min(waitMs * 2, maxWaitMs)), waitMs)
    }
  }

  #watch(presence: Presence): void {
    this.#presence = presence
    const ends = (news: Pick<PresenceView, 'status' | 'error'>) => presence === this.#presence && this.#show(news)
    presence.roster.subscribe((roster) => roster && this.#show({ ...roster, status: 'open', error: undefined }))
    presence.closed.then(
      () => ends({ status: 'closed', error: undefined }),
      (thrown) => ends({ status: 'error', error: AnywireError.from(thrown) }),
    )
    this.say(this.#state)
  }

  #show(news: Partial<PresenceView>): void {
    this.#view = { ...this.#view, ...news }
    this.#changed()
  }
}
