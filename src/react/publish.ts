/** `usePublish`: a function that publishes to a channel. */
import { useCallback } from 'react'
import type { PublishOptions } from '../client/client.js'
import type { Acknowledgement } from '../client/outbox.js'
import { AnywireError } from '../protocol/error.js'
import { useClient } from './provider.js'
import type { Data, Name } from './register.js'

/**
 * As `client.publish`, and the same function in every render: resolves when the server has stored it, waits without a
 * connection.
 * @throws AnywireError what the server refuses; `unavailable` while the provider has no client.
 */
export function usePublish<Of extends Name>(
  channel: Of,
): (data: Data<Of>, options?: PublishOptions) => Promise<Acknowledgement> {
  const client = useClient()
  return useCallback(
    async (data, options) => {
      if (!client) throw new AnywireError('unavailable', 'The AnywireProvider has no client yet: publish when it has.')
      return client.publish<Of>(channel, data, options)
    },
    [client, channel],
  )
}
