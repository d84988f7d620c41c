/** A hub whose server also serves the page of the tabs and its scripts, from source. */
import type { ServerResponse } from 'node:http'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import type { HubOptions } from '../../../src/index.js'
import { type HubServer, serveHub } from '../../support/hub-server.js'

let bundled: Promise<ReadonlyMap<string, Uint8Array>> | undefined

async function bundle(): Promise<ReadonlyMap<string, Uint8Array>> {
  const { outputFiles } = await build({
    absWorkingDir: fileURLToPath(new URL('.', import.meta.url)),
    entryPoints: { page: 'page.ts', worker: 'worker.ts' },
    outdir: 'out',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'browser',
    external: ['ws'],
    ignoreAnnotations: true,
    write: false,
  })
  return new Map(outputFiles.map(({ path, contents }) => [`/${basename(path)}`, contents]))
}

/** `/` is the page. Its script comes from `?from=<origin>`, and from here without. */
export async function serveTabs(options: HubOptions = {}, headers: Record<string, string> = {}): Promise<HubServer> {
  bundled ??= bundle()
  const files = await bundled
  const served = await serveHub(options)
  served.server.on('request', ({ url = '' }, response: ServerResponse) => {
    const { pathname, searchParams } = new URL(url, served.origin)
    const script = files.get(pathname)
    const type = script ? 'text/javascript' : 'text/html; charset=utf-8'
    response.writeHead(200, { 'content-type': type, 'access-control-allow-origin': '*', ...headers })
    const from = searchParams.get('from') ?? ''
    response.end(
      script ??
        `<!doctype html><link rel="icon" href="data:,"><script type="module" src="${from}/page.js" crossorigin></script>`,
    )
  })
  return served
}
