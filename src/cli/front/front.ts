/** What `anywire serve` answers beside its channels: the page at `/` to browsers, and a sentence to all others. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { type PageFile, PageFiles, pageHeaders } from '../../admin/page-files.js'
import type { ServeConfig } from '../../config/schema.js'
import type { Hub } from '../../index.js'
import { AnywireError } from '../../protocol/index.js'
import { Surroundings } from './here.js'

export type AnswerFront = (request: IncomingMessage, response: ServerResponse) => void

/** Made from `playground/src/front` by `npm run build`. */
const files = new PageFiles(new URL('../../../dist/front/', import.meta.url), {
  '/': 'index.html',
  '/$/page.js': 'page.js',
  '/$/page.css': 'page.css',
  '/$/icon.svg': 'icon.svg',
})

/** `config`: what is in effect. */
export function createFront(hub: Hub, config: () => ServeConfig): AnswerFront {
  const surroundings = new Surroundings(hub, config)
  return (request, response) => {
    response.on('error', () => undefined)
    request.resume()
    find(request).then(
      (found) => (found ? send(request, response, found) : notAChannel(response, hub.path)),
      (thrown) => fail(response, thrown),
    )
  }

  async function find(request: IncomingMessage): Promise<PageFile | undefined> {
    const { method, url = '' } = request
    const [path = ''] = url.split('?', 1)
    if (config().page === false || (method !== 'GET' && method !== 'HEAD')) return undefined
    if (path === '/$/here') {
      return { type: 'application/json', text: JSON.stringify(await surroundings.tell(request)) }
    }
    // A program that asks for `/` has no use for a page.
    if (path === '/' && !request.headers.accept?.includes('text/html')) return undefined
    return files.at(path)
  }
}

function send({ method }: IncomingMessage, response: ServerResponse, { type, text }: PageFile): void {
  response.writeHead(200, {
    'content-type': type,
    'content-length': Buffer.byteLength(text),
    ...pageHeaders,
    vary: 'accept',
  })
  response.end(method === 'HEAD' ? undefined : text)
}

const plain = { 'content-type': 'text/plain; charset=utf-8' }

function notAChannel(response: ServerResponse, path: string): void {
  response.writeHead(404, { ...plain, vary: 'accept' })
  response.end(`This is an Anywire hub. Its channels are below ${path}/, e.g. ${path}/news\n`)
}

function fail(response: ServerResponse, thrown: unknown): void {
  if (response.headersSent) return void response.destroy()
  response.writeHead(500, plain)
  response.end(`${AnywireError.from(thrown).message}\n`)
}
