/** A local socket of which one process can be the server, whatever became of the one before. */
import { randomBytes } from 'node:crypto'
import { linkSync, readdirSync, rmSync, statSync } from 'node:fs'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { basename, dirname, join } from 'node:path'

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

/**
 * Answers a server that is the only one there; undefined if another was quicker.
 * @throws Error where no socket can be made.
 */
export async function listenAt(address: string, admit: (socket: Socket) => void): Promise<LocalServer | undefined> {
  const server = createServer(admit)
  if (process.platform === 'win32')
    return (await isDone(listens(server, address))) ? { server: server.unref(), file: undefined } : undefined
  // A socket file stays when its process is killed. So each makes a file of its own, and one of them gets the name.
  const own = `${address}.${randomBytes(4).toString('hex')}`
  await listens(server, own)
  let won = false
  try {
    won = await isDone(() => linkSync(own, address))
  } finally {
    rmSync(own, { force: true })
    if (!won) server.close()
  }
  return won ? { server: server.unref(), file: fileAt(address) } : undefined
}

export interface LocalServer {
  readonly server: Server
  /** By `fileAt`. Undefined where sockets have no files. */
  readonly file: string | undefined
}

/**
 * Takes away the file of a process that is gone, as `dial` has seen it. Of several that see it at a time one does, and
 * none takes away the file of its successor. Who does holds a lock that is such a socket too: if it is killed
 * meanwhile, the lock is cleared like the rest.
 */
export async function clear(address: string, dead: string): Promise<void> {
  const lock = `${address}~`
  const other = await dial(lock)
  other.socket?.destroy()
  if (other.dead !== undefined) await clear(lock, other.dead)
  const held = await listenAt(lock, (socket) => socket.destroy())
  if (!held) return
  try {
    if (fileAt(address) === dead) rmSync(address)
  } finally {
    rmSync(lock, { force: true })
    held.server.close()
  }
}

/**
 * Takes away what processes that were killed have left beside the name. One that is being made goes too: its process
 * tries again.
 */
export function clearBeside(address: string): void {
  const [folder, name] = [dirname(address), basename(address)]
  const isLeft = (file: string) => file.startsWith(`${name}.`) || file.startsWith(`${name}~.`)
  for (const file of readdirSync(folder).filter(isLeft)) rmSync(join(folder, file), { force: true })
}

/** Which file it is: numbers of files are given again, so when it was made belongs to it. Undefined: there is none. */
export function fileAt(address: string): string | undefined {
  const found = statSync(address, { bigint: true, throwIfNoEntry: false })
  return found && `${found.ino}-${found.ctimeNs}`
}

function listens(server: Server, address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(address, () => resolve())
  })
}

const quicker = new Set(['EEXIST', 'EADDRINUSE', 'ENOENT'])

/** Whether it was; no: another was quicker, or has taken away what it needs. @throws Error for anything else */
async function isDone(work: Promise<void> | (() => void)): Promise<boolean> {
  try {
    await (typeof work === 'function' ? work() : work)
    return true
  } catch (thrown) {
    if (quicker.has((thrown as NodeJS.ErrnoException).code ?? '')) return false
    throw thrown
  }
}
