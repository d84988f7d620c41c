/** Who visits: a browser is known by a cookie that no page can read, and to others by what is made of it. */
import { createHash, randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Authenticate } from 'anywire'

/** The cookie that says who somebody is. Who has it is that visitor, so it is never shown. */
export const visitorCookie = 'visitor'

/** What a visitor is called where others see it: the `id` of the principal, and the cookie `me`, which pages read. */
const publicId = (token: string) => createHash('sha256').update(token).digest('base64url').slice(0, 12)

/** Without a cookie one is a guest: a program, or a terminal. */
export const authenticate: Authenticate = (credential) => ({ id: credential ? publicId(credential.token) : 'guest' })

export function tokenOf({ headers }: IncomingMessage): string | undefined {
  return /(?:^|;\s*)visitor=([\w-]{36})(?:;|$)/.exec(headers.cookie ?? '')?.[1]
}

/** The `id` of the principal that a request is of; undefined for a guest. */
export function visitorOf(request: IncomingMessage): string | undefined {
  const token = tokenOf(request)
  return token && publicId(token)
}

/** Headers that name the visitor, for who has no name yet. */
export function greet(request: IncomingMessage): Record<string, string | string[]> {
  if (tokenOf(request)) return {}
  const token = randomUUID()
  const kept = 'Path=/; SameSite=Strict; Max-Age=31536000'
  return { 'set-cookie': [`${visitorCookie}=${token}; HttpOnly; ${kept}`, `me=${publicId(token)}; ${kept}`] }
}
