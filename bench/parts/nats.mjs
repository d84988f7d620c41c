/** What an append to the NATS store costs beside a message for each append. */
import { appends } from './appends.mjs'

const note =
  ', to one nats-server with JetStream. CPU of the Node process, and of the server. The bare client sends a message and waits until it is stored, for each append by itself.'

/** @param {import('./appends.mjs').AppendOptions} options */
export const nats = (options) =>
  appends(
    {
      title: 'NATS store',
      note,
      kind: 'nats',
      names: { bare: 'bare `request` of `@nats-io/transport-node`', ours: '**Anywire** `nats()`' },
      channels: [1, 2_000],
      serverName: 'nats-server',
    },
    options,
  )
