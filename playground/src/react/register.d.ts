/** What the hooks of `anywire/react` know of the channels. */
import type { Channels } from '../channels.js'

declare module 'anywire/react' {
  interface Register {
    channels: Channels
  }
}
