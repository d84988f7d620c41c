/** The name that somebody meant. */

/** The known name that differs least: by a third of its letters at most, capitals aside. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  const asked = name.toLowerCase().slice(0, 80)
  const near = known
    .map((one) => ({ one, distance: distanceOf(asked, one.toLowerCase()) }))
    .filter(({ one, distance }) => distance <= Math.max(1, Math.floor(Math.max(one.length, asked.length) / 3)))
  return near.sort((a, b) => a.distance - b.distance)[0]?.one
}

/** How many letters are to be added, left out, changed or swapped with the next (optimal string alignment). */
function distanceOf(a: string, b: string): number {
  const at = (numbers: readonly number[], index: number) => numbers[index] ?? Number.POSITIVE_INFINITY
  let before: number[] = []
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const changed = a[i - 1] === b[j - 1] ? 0 : 1
      let least = Math.min(at(row, j) + 1, at(next, j - 1) + 1, at(row, j - 1) + changed)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        least = Math.min(least, at(before, j - 2) + 1)
      next.push(least)
    }
    before = row
    row = next
  }
  return at(row, b.length)
}
