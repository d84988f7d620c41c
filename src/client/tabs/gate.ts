/** The gate of a leader: after a silence it checks that it still holds the lock before anything passes. */

/**
 * A leader that has not looked for so long may have been replaced meanwhile: the others wait for longer than this, and
 * no less.
 */
const sureMs = 1_500

export interface Gate {
  /** Acts now, or when it is known that we still lead, or never. In order. */
  pass(act: () => void): void
  /** It is known that we lead: to be passed itself. */
  sure(): void
  /** Lets nothing pass any more. */
  shut(): void
}

/** For the holder of a lock, who shuts it when the lock is stolen. */
export function createGate(): Gate {
  let sureAt = Date.now()
  let held: (() => void)[] | undefined
  let open = true

  const verify = async (acts: (() => void)[]) => {
    // If the lock was stolen, the gate is shut before this query is answered.
    await navigator.locks.query()
    if (!open) return
    sureAt = Date.now()
    for (const act of acts) if (open) act()
    held = undefined
  }
  return {
    pass(act) {
      if (!open) return
      if (held) held.push(act)
      else if (Date.now() - sureAt < sureMs) act()
      else {
        held = [act]
        void verify(held)
      }
    },
    sure() {
      sureAt = Date.now()
    },
    shut() {
      open = false
    },
  }
}
