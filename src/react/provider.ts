/** The client that the hooks below it use. */
import { createContext, createElement, type ReactElement, type ReactNode, useContext } from 'react'
import type { Client } from '../client/client.js'
import { AnywireError } from '../protocol/error.js'
import type { Channels } from './register.js'

export interface AnywireProviderProps {
  /**
   * What `connect` answered; `undefined` while there is none: on a server that renders, or before somebody has signed
   * in. It is not closed here.
   */
  readonly client: Client<Channels> | undefined
  readonly children?: ReactNode
}

const context = createContext<Client<Channels> | undefined | null>(null)

export function AnywireProvider({ client, children }: AnywireProviderProps): ReactElement {
  return createElement(context.Provider, { value: client }, children)
}

/** The client of the nearest `AnywireProvider`. @throws AnywireError `bad-request` outside of any. */
export function useClient(): Client<Channels> | undefined {
  const client = useContext(context)
  if (client === null) {
    throw new AnywireError('bad-request', 'The hooks of anywire/react need <AnywireProvider client={client}> above.')
  }
  return client
}
