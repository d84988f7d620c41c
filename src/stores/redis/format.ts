/** What stands in Redis: its format, and how names are spread. Nodes refuse a format that they do not know. */

/**
 * Stands in each partition. `traced` from the first message on that says which span it comes from: a release that knows
 * `plain` alone would take that for a part of its event. Until then both releases may use it.
 */
export const format = { plain: 1, traced: 2 } as const
/** Channels are spread over so many hash tags, each of which lies in one slot of a cluster. */
export const partitions = 64
/** Deleted names that are remembered in each partition, at most: a million in all. */
export const tombstones = 15_625
