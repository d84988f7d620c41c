/** `anywire/yjs`: Yjs documents over Anywire channels. */
export { YjsProvider, type YjsProviderOptions } from './provider.js'
export type { YjsClient } from './yjs-client.js'
