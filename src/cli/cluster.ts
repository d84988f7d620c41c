/** `anywire serve --workers`: the processes of one `node:cluster`, which share the port and the store. */
import cluster, { type Worker } from 'node:cluster'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { type Group, type Member, Sum } from '../admin/sum.js'
import { type AdminPort, internalLine } from './admin-port.js'
import { tellSystemd } from './systemd.js'
import { AskedWorker } from './worker-questions.js'
import { type WorkerProcess, Workers } from './workers.js'

/** Whether this process is one of the workers, rather than the one that starts them. */
export function isWorker(): boolean {
  return cluster.isWorker
}

/** What all workers listen on where the user takes any free port. */
const portName = 'ANYWIRE_WORKER_PORT'

/** The port of this process: that of all workers. */
export function sharedPort(port: number): number {
  return cluster.isWorker ? Number(process.env[portName]) : port
}

/** Tells the user, by `say`, or the process that started this one, that it serves. */
export function announce(lines: readonly string[], say: (line: string) => void): void {
  if (process.send) process.send({ lines })
  else sayAll(lines, say)
}

function sayAll(lines: readonly string[], say: (line: string) => void): void {
  for (const line of lines) say(line)
  tellSystemd('READY=1', lines[0] ?? '')
}

export interface ClusterOptions {
  readonly count: number
  readonly port: number
  readonly host: string
  /** Says a line to the user. */
  readonly say: (line: string) => void
  /** Opens the internal port for all of them. @default there is none */
  readonly openAdmin?: ((group: Sum) => Promise<AdminPort | undefined>) | undefined
}

/** Runs workers until SIGTERM or SIGINT; the second one ends all at once. */
export async function runWorkers({ count, port: asked, host, say, openAdmin }: ClusterOptions): Promise<void> {
  const port = asked === 0 ? await freePort(host) : asked
  // The workers accept connections themselves. If this process handed them out, those on their way to a worker that
  // dies would hang.
  cluster.schedulingPolicy = cluster.SCHED_NONE
  const group = new WorkerGroup()
  const admin = await openAdmin?.(await Sum.of(group))
  const workers = new Workers({
    count,
    start: () => startWorker(port, group),
    say: (lines) => sayAll(admin ? [...lines, internalLine(admin)] : lines, say),
    warn: console.error,
  })
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      process.once(signal, () => {
        workers.tell('SIGKILL')
        process.exit(1)
      })
      tellSystemd('STOPPING=1', 'leaving')
      workers.stop('SIGTERM')
    })
  }
  process.on('SIGHUP', () => workers.tell('SIGHUP'))
  workers.begin()
  process.exitCode = (await workers.ended) ? 0 : 1
  admin?.close()
}

/** Each worker that asked for any port while no other was there would get another one. */
async function freePort(host: string): Promise<number> {
  const server = createServer().listen(0, host)
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

/** The workers that there are, as the internal port asks them. */
class WorkerGroup implements Group {
  readonly #members = new Set<Member>()
  #gone: (member: Member) => void = () => {}

  add(worker: Worker): void {
    const member = new AskedWorker(worker)
    this.#members.add(member)
    worker.once('exit', () => {
      this.#members.delete(member)
      this.#gone(member)
    })
  }

  members(): Iterable<Member> {
    return this.#members
  }

  onGone(heard: (member: Member) => void): void {
    this.#gone = heard
  }
}

function startWorker(port: number, group: WorkerGroup): WorkerProcess {
  const worker: Worker = cluster.fork({ [portName]: port })
  group.add(worker)
  return {
    pid: worker.process.pid,
    kill: (signal) => void worker.process.kill(signal),
    onListening(heard) {
      worker.on('message', (message: { lines?: readonly string[] }) => message.lines && heard(message.lines))
    },
    onExit(heard) {
      worker.once('exit', (code, signal) => heard(signal ?? `exit code ${code}`))
    },
  }
}
