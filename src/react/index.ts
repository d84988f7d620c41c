/** `anywire/react`: the client in React 18 and newer. */
'use client'

export { type ChannelView, type UseChannelOptions, useChannel } from './channel.js'
export { type ConnectionView, useConnection } from './connection.js'
export { type PresenceView, usePresence } from './presence.js'
export { AnywireProvider, type AnywireProviderProps, useClient } from './provider.js'
export { usePublish } from './publish.js'
export type { ReadingView } from './reading.js'
export type { Register } from './register.js'
export { type SnapshotView, type UseSnapshotOptions, useSnapshot } from './snapshot.js'
