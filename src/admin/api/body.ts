/** The body of a request to the admin API. */
import type { IncomingMessage } from 'node:http'
import { AnywireError } from '../../protocol/error.js'
import { parseJson } from '../../protocol/json.js'

const mostBytes = 4_194_304
const depth = 100

/**
 * JSON alone: a page of somebody else can send a form without asking, but not this type.
 * @throws AnywireError `bad-request`, `not-acceptable`, `too-large`
 */
export async function readBody(request: IncomingMessage): Promise<unknown> {
  const type = request.headers['content-type'] ?? ''
  if (!/^application\/json\s*(;|$)/i.test(type)) {
    throw new AnywireError('not-acceptable', 'What is to be done is told as application/json.')
  }
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > mostBytes) throw new AnywireError('too-large', `The body has more than ${mostBytes} bytes.`)
    chunks.push(chunk)
  }
  return parseJson(Buffer.concat(chunks), 'The body', { depth })
}
