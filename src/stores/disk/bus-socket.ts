/** A local socket of which one process can be the server, whatever became of the one before. */
import { closeSync, linkSync, openSync, rmSync, statSync } from 'node:fs'
import { connect, createServer, type Server, type Socket } from 'node:net'

/** A connection to who listens there. */
export interface Dialled {
  readonly socket: Socket | undefined
  /** What `clear` takes away: the file of a process that is gone. Undefined: there is none. */
  readonly dead: string | undefined
}

export function dial(address: string): Promise<Dialled> {
  // Looked at before it is tried: the file that is there afterwards may be that of a successor.
  const file = fileAt(address)
  return new Promise((resolve) => {
    const socket = connect(address)
    socket.once('connect', () => resolve({ socket, dead: undefined }))
    socket.once('error', ({ code }: NodeJS.ErrnoException) =>
      resolve({ socket: undefined, dead: code === 'ECONNREFUSED' ? file : undefined }),
    )
  })
}

/** Answers a server that is the only one there; undefined if another was quicker. */
export async function listenAt(address: string, admit: (socket: Socket) => void): Promise<LocalServer | undefined> {
  const server = createServer(admit)
  if (process.platform === 'win32')
    return (await listens(server, address)) ? { server: server.unref(), file: undefined } : undefined
  // A socket file stays when its process is killed. So each makes a file of its own, and one of them gets the name.
  const own = `${address}.${process.pid}`
  rmSync(own, { force: true })
  if (!(await listens(server, own))) return undefined
  const won = attempt(() => linkSync(own, address))
  rmSync(own, { force: true })
  if (won) return { server: server.unref(), file: fileAt(address) }
  server.close()
  return undefined
}

export interface LocalServer {
  readonly server: Server
  /** By `fileAt`. Undefined where sockets have no files. */
  readonly file: string | undefined
}

/**
 * Takes away the file of a process that is gone, as `dial` has seen it. Of several that see it at a time one does, and
 * none takes away the file of its successor.
 */
export function clear(address: string, dead: string): void {
  attempt(() => {
    const lock = `${address}.${dead}`
    closeSync(openSync(lock, 'wx'))
    try {
      if (fileAt(address) === dead) rmSync(address)
    } finally {
      rmSync(lock)
    }
  })
}

/** Which file it is: numbers of files are given again, so when it was made belongs to it. Undefined: there is none. */
export function fileAt(address: string): string | undefined {
  const found = statSync(address, { bigint: true, throwIfNoEntry: false })
  return found && `${found.ino}-${found.ctimeNs}`
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
