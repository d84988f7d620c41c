/** Serving a local network: whoever has scanned the code of the page comes in, and nobody else does. */
import { randomBytes, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { networkInterfaces } from 'node:os'

/** How long a phone that has scanned the code stays let in, in seconds: a day. */
const keptSeconds = 86_400

/** Where devices of the same network reach this machine. */
export function lanAddresses(): string[] {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? [])
  return all.flatMap(({ family, internal, address }) => (family === 'IPv4' && !internal ? [address] : []))
}

export class Lan {
  /** Who has it comes in. It is another one after each start. */
  readonly key = randomBytes(16).toString('base64url')

  /** Programs of this machine, and devices that have scanned the code. */
  admits({ socket, headers }: IncomingMessage): boolean {
    const { remoteAddress = '' } = socket
    if (/^(127\.|::1$|::ffff:127\.)/.test(remoteAddress)) return true
    return this.#isKey(/(?:^|;\s*)lan=([\w-]+)/.exec(headers.cookie ?? '')?.[1])
  }

  /** Lets in who comes with the key, and tells others how they get it. */
  greet({ url = '' }: IncomingMessage, response: ServerResponse): void {
    const [path = '/', query] = url.split('?', 2)
    if (this.#isKey(new URLSearchParams(query).get('key') ?? undefined)) {
      const cookie = `lan=${this.key}; HttpOnly; Path=/; SameSite=Lax; Max-Age=${keptSeconds}`
      response.writeHead(303, { location: path.replace(/^\/+/, '/'), 'set-cookie': cookie }).end()
    } else {
      response.writeHead(403, { 'content-type': 'text/plain; charset=utf-8' })
      response.end('Scan the code that the playground shows on the computer that serves it: “Share”.\n')
    }
  }

  #isKey(given: string | undefined): boolean {
    const [a, b] = [Buffer.from(given ?? ''), Buffer.from(this.key)]
    return a.length === b.length && timingSafeEqual(a, b)
  }
}
