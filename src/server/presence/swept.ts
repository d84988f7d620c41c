/** What is taken back when a node dies: whoever keeps what nodes have said has it swept as rosters are. */

/** A place where nodes have said what holds as long as they live. */
export interface Swept {
  /** Nodes that are named there, this one left out. */
  others(): readonly string[]
  /** Takes back what dead nodes said. Throws nothing. */
  sweep(): void
}

/** The nodes of the store. */
export interface Lives {
  /** This one. */
  readonly id: string
  /** Resolves when this node is known to the others; rejects if the store cannot be asked. */
  start(): Promise<void>
  /** Milliseconds since 1970 by the store's clock. */
  now(): number
  isDead(node: string): boolean
  /** What only the nodes of this store know. Rejects if the store cannot be asked. */
  secret(): Promise<string>
}

export interface Sweeper {
  readonly leases: Lives
  /** Has a place swept until what is answered is called. */
  watch(place: Swept): () => void
}
