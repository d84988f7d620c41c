/** `anywire/yjs`: Yjs documents over Anywire channels. */
export { type YjsClient, YjsProvider, type YjsProviderOptions } from './provider.js'
