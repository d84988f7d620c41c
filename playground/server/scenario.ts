/** What the server side of a scenario is: rules for its channels, and what the server itself does in them. */
import type { Hub, Rules } from 'anywire'

export interface Scenario {
  readonly rules: Rules
  /** Begins the server's own part; answers what ends it. */
  start(hub: Hub): () => void
}
