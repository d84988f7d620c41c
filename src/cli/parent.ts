/** `npx anywire serve` ends with npx: a signal ends npx and the shell below it, and neither of them passes it on. */

/** How often it is looked whether the parent is there: nothing tells. */
const lookMs = 250

/** Calls `gone` once when a process that npm has started has lost its parent. Others are left alone, as under nohup. */
export function whenParentGone(gone: () => void, env: NodeJS.ProcessEnv = process.env): void {
  if (env.npm_lifecycle_event === undefined) return
  const parent = process.ppid
  const watch = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(watch)
    gone()
  }, lookMs)
  watch.unref()
}
