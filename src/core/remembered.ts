/** A bounded cache for pure functions of a text, such as parsing an address. */
import { keepNewest } from './bound.js'

/** Longer texts are not kept: clients may choose them. */
const longest = 256

/** The function, with a cache of `most` answers: the oldest are dropped first. It must depend on the text only. */
export function remembered<T>(of: (text: string) => T, most: number): (text: string) => T {
  const known = new Map<string, T>()
  return (text) => {
    const found = known.get(text)
    if (found !== undefined) return found
    const answer = of(text)
    if (text.length > longest) return answer
    known.set(text, answer)
    keepNewest(known, most)
    return answer
  }
}
