/** An entry of a list that must be there. */

/** @throws RangeError if the list has no such entry. A negative index counts from the end. */
export function at<Entry>(list: readonly Entry[], index: number): Entry {
  const entry = list.at(index)
  if (entry !== undefined) return entry
  throw new RangeError(`There is no entry ${index} in a list of ${list.length}.`)
}
