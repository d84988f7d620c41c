/** The connection of this page: the client that the server serves, and the channel that the page shows. */
import type { Client, Problem, State } from 'anywire/client'
import { Value } from '../shell/value.js'

export const client = new Value<Client | undefined>(undefined)
export const state = new Value<State>('idle')
export const problem = new Value<Problem | undefined>(undefined)

type Connect = (url: string, options: object) => Client

/** `token`: of this page, as long as it is open. Undefined: none, or a cookie. */
export async function open(path: string, token: string | undefined): Promise<void> {
  const { connect } = (await import(`${path}/$/client.js`)) as { readonly connect: Connect }
  void client.value?.close()
  const made = connect(path, { share: 'none', outbox: { keep: false }, ...(token && { token: () => token }) })
  made.state.subscribe(state.set.bind(state))
  made.problem.subscribe(problem.set.bind(problem))
  problem.set(undefined)
  client.set(made)
}

const usual = 'news'

function channelIn(hash: string): string {
  try {
    return hash.startsWith('#/') ? decodeURIComponent(hash.slice(2)) : ''
  } catch {
    return ''
  }
}

/** What the page shows. It is part of the address, so that a reload and a bookmark come back to it. */
export const channel = new Value(channelIn(location.hash) || usual)
channel.subscribe((name) => history.replaceState(null, '', `#/${encodeURIComponent(name)}`))

export const pathOf = (name: string) => name.split('/').map(encodeURIComponent).join('/')
