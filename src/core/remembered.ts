/** Answers that are asked for again and again, such as what an address says: kept, so many of them. */

/** Longer texts are not kept: clients may choose them. */
const longest = 256

/** The function, which must depend on nothing but the text. It keeps `most` answers; of more, those that were asked for first are forgotten. */
export function remembered<T>(of: (text: string) => T, most: number): (text: string) => T {
  const known = new Map<string, T>()
  return (text) => {
    const found = known.get(text)
    if (found !== undefined) return found
    const answer = of(text)
    if (text.length > longest) return answer
    known.set(text, answer)
    if (known.size > most) known.delete(known.keys().next().value!)
    return answer
  }
}
