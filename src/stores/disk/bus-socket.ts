/** A local socket of which one process can be the server, whatever became of the one before. */
import { closeSync, linkSync, openSync, rmSync, statSync } from 'node:fs'
import { connect, createServer, type Server, type Socket } from 'node:net'

/** A connection to who listens there; `dead`: there is the file of a process that is gone; `nobody`: there is none. */
export function dial(address: string): Promise<Socket | 'dead' | 'nobody'> {
  return new Promise((resolve) => {
    const socket = connect(address)
    socket.once('connect', () => resolve(socket))
    socket.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code === 'ECONNREFUSED' ? 'dead' : 'nobody'))
  })
}

/** Answers a server that is the only one there; undefined if another was quicker. */
export async function listenAt(address: string, admit: (socket: Socket) => void): Promise<Server | undefined> {
  const server = createServer(admit)
  if (process.platform === 'win32') return (await listens(server, address)) ? server.unref() : undefined
  // A socket file stays when its process is killed. So each makes a file of its own, and one of them gets the name.
  const own = `${address}.${process.pid}`
  rmSync(own, { force: true })
  if (!(await listens(server, own))) return undefined
  const won = attempt(() => linkSync(own, address))
  rmSync(own, { force: true })
  if (won) return server.unref()
  server.close()
  return undefined
}

/**
 * Takes away the file of a process that is gone. Of several that see it at a time one does, and none takes away the
 * file of its successor.
 */
export function clear(address: string): void {
  attempt(() => {
    const { ino } = statSync(address)
    const lock = `${address}.${ino}`
    closeSync(openSync(lock, 'wx'))
    try {
      if (statSync(address).ino === ino) rmSync(address)
    } finally {
      rmSync(lock)
    }
  })
}

function listens(server: Server, address: string): Promise<boolean> {
  return new Promise((resolve) => {
    server.once('error', () => resolve(false))
    server.listen(address, () => resolve(true))
  })
}

/** Whether it could be done. */
function attempt(work: () => void): boolean {
  try {
    work()
    return true
  } catch {
    return false
  }
}
