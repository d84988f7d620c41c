/** Where the WebSocket comes from. The one file for pages takes the browser's own. */
import { AnywireError } from '../../protocol/error.js'

/** The platform's own, or that of `ws` in Node before 22. @throws AnywireError that says what to install. */
export async function webSocketClass(): Promise<typeof WebSocket> {
  if (typeof WebSocket !== 'undefined') return WebSocket
  try {
    const name = 'ws' // in a variable, so that bundlers leave it alone: browsers have their own
    return (await import(/* @vite-ignore */ /* webpackIgnore: true */ name)).WebSocket
  } catch (cause) {
    throw new AnywireError('not-acceptable', 'This platform has no WebSocket: run "npm install ws".', { cause })
  }
}
