/** Serves a folder, or the built package and a page that loads it without a bundler. */
import { createReadStream, existsSync } from 'node:fs'
import { createServer } from 'node:http'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { listen } from '../support/hub-server.js'

const repository = fileURLToPath(new URL('../..', import.meta.url))
const types: Readonly<Record<string, string>> = { '.html': 'text/html', '.js': 'text/javascript' }

/** The address of the page that `test/browsers/offload/page.js` is for. */
export const offloadPage = async () => `${await serveFolder(repository)}/test/browsers/offload/page.html`

/** The origin of a server that serves the files of a folder until the test is over. */
export function serveFolder(folder: string): Promise<string> {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '', 'http://localhost')
    const file = join(folder, pathname)
    const type = types[extname(file)]
    if (!type || !existsSync(file)) return response.writeHead(404).end()
    createReadStream(file).pipe(response.writeHead(200, { 'content-type': type }))
  })
  return listen(server)
}
