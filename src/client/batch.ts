/** Puts off to the end of the turn what many may ask for in it. */

/** Answers a function that has `act` called once, however often it is called in a turn. */
export function batchMicrotask(act: () => void): () => void {
  let asked = false
  return () => {
    if (asked) return
    asked = true
    queueMicrotask(() => {
      asked = false
      act()
    })
  }
}
