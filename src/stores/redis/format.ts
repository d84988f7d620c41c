/** What stands in Redis: its format, and how names are spread. Nodes refuse a format that they do not know. */

/** Stands in each partition. */
export const format = 1
/** Channels are spread over so many hash tags, each of which lies in one slot of a cluster. */
export const partitions = 64
/** Deleted names that are remembered in each partition, at most: a million in all. */
export const tombstones = 15_625
