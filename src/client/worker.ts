/** The worker, shared or dedicated: where a core lives that is not in the page. */
import { createCore } from './core.js'
import type { Line } from './tabs/line.js'
import { server } from './tabs/serve.js'

const serve = server(createCore)

addEventListener('connect', (event) => serve((event as MessageEvent).ports[0]!))
serve(globalThis as unknown as Line)
