/** Runs a component that reads by `anywire/react`, with the client of the pages. `react` is Preact here: see build.js. */
import { AnywireProvider } from 'anywire/react'
import { type ComponentType, type FunctionComponent, h } from 'preact'
import { client } from '../shell/client.js'

// Its types are React's; what it does is the same in Preact.
const Provider = AnywireProvider as unknown as FunctionComponent<{ readonly client: typeof client }>

export const Provided = ({ Content }: { readonly Content: ComponentType }) => h(Provider, { client }, <Content />)
