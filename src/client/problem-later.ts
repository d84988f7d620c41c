/** Loads what says why a client does not get through: after 3 s in vain; on a developer's machine at once. */
import type { ConnectOptions } from './connect-options.js'
import type { Called } from './problem/strange.js'
import type { Watched } from './problem.js'

/** Without a connection for so long, it is in vain. */
const vainMs = 3_000
/** The host of a page on this machine; a program has none. */
const here = /^(?:localhost|127\.|$)/

/** Answers what is told which options were given. */
export function lookOut(
  client: Watched,
  url: string,
  options: ConnectOptions,
): (called: Called, given: object) => void {
  const explain = (...given: [called?: Called, options?: object]) =>
    void import('./problem.js').then(
      (problem) => problem.explain(client, url, options, ...given),
      () => {},
    )
  if (here.test(globalThis.location?.hostname ?? '')) {
    explain()
    return explain
  }
  let timer = 0
  client.state.subscribe((state) => {
    if (state === 'connecting' || state === 'waiting') timer ||= setTimeout(explain, vainMs) as never
    else timer = clearTimeout(timer) as never
  })
  return () => {}
}
