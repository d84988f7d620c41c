/** What stands in Redis: its format, and how names are spread. Another format is refused, so that old and new nodes do not harm each other. */

/** Stands in each partition. */
export const format = 1
/** Channels are spread over so many hash tags, each of which lies in one slot of a cluster. */
export const partitions = 64
/** Deleted names that are remembered in each partition, at most: a million in all. */
export const tombstones = 15_625
