/** What of a list of the newest sentences was not in the one before: those at its beginning may have gone. */
export function newIn(before: readonly string[], now: readonly string[]): readonly string[] {
  for (let gone = 0; gone < before.length; gone++) {
    const same = before.slice(gone)
    if (same.every((text, i) => text === now[i])) return now.slice(same.length)
  }
  return now
}
