/** Listening at an address, and why that cannot be. */
import { type AddressInfo, isIPv6, type Server } from 'node:net'
import { AnywireError } from '../protocol/index.js'

export interface Address {
  readonly port: number
  readonly host: string
}

/** Rejects with an AnywireError `conflict` and a sentence about the port or the host, which `flag` chooses. */
export async function listen(server: Server, { port, host }: Address, flag = '--port'): Promise<void> {
  await new Promise<void>((done, fail) => {
    server.once('error', (cause: NodeJS.ErrnoException) => fail(cannotListen(cause, { port, host }, flag)))
    server.listen(port, host, done)
  })
}

function cannotListen(cause: NodeJS.ErrnoException, { port, host }: Address, flag: string): AnywireError {
  const why: Record<string, string> = {
    EADDRINUSE: `Port ${port} is in use: stop what listens there, or choose another one with ${flag}.`,
    EACCES: `Port ${port} is only for the administrator: choose one from 1024 up with ${flag}.`,
    EADDRNOTAVAIL: `This machine has no address ${host}: choose one with --host.`,
    ENOTFOUND: `There is no host ${host}: choose an address with --host.`,
  }
  return new AnywireError('conflict', why[cause.code ?? ''] ?? cause.message, { cause })
}

export function addressOf(server: Server): string {
  const { address, port } = server.address() as AddressInfo
  return `${isIPv6(address) ? `[${address}]` : address}:${port}`
}
