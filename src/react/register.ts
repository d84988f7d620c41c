/** Where an application names its channel map, so that the hooks are typed by it. */
import type { DataOf } from '../client/client.js'

/** Say once what your channels hold: `declare module 'anywire/react' { interface Register { channels: Channels } }`. */
// biome-ignore lint/suspicious/noEmptyInterface: applications add to it
export interface Register {}

/** The map that was registered. @default any name, of which the data is unknown */
export type Channels = Register extends { readonly channels: infer Registered } ? Registered : Record<string, unknown>

export type Name = (keyof Channels & string) | (string & {})

export type Data<Of> = DataOf<Channels, Of>
