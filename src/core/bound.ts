/** Bounds a map by its age: the oldest entries go first. */

/** Lets the oldest entries go until the map holds `most`. */
export function keepNewest<Key>(map: Map<Key, unknown>, most: number): void {
  if (map.size <= most) return
  for (const key of map.keys()) {
    map.delete(key)
    if (map.size <= most) return
  }
}
