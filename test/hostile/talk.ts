/** Says something to a server over a bare socket, and hears whether it answers or hangs up. */
import { connect } from 'node:net'

export interface Answer {
  /** Of the first final answer; 0 if the server hung up without one. */
  readonly status: number
  readonly text: string
}

export interface TalkOptions {
  /** Ends this side after the last byte. @default false */
  readonly halfClose?: boolean
  /** Enough was heard. @default the status of a final answer */
  readonly until?: (text: string) => boolean
}

const patienceMs = 60_000

/** Resolves once enough was heard or the server has hung up. @throws if neither happens in a minute. */
export function talk(port: number, bytes: Buffer, options: TalkOptions = {}): Promise<Answer> {
  const { halfClose = false, until = (text) => statusOf(text) > 0 } = options
  return new Promise((resolve, reject) => {
    let text = ''
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: halfClose })
    const late = setTimeout(() => {
      socket.destroy()
      reject(
        new Error(
          `No answer to ${JSON.stringify(bytes.toString('latin1').slice(0, 2_000))}; heard ${JSON.stringify(text.slice(0, 500))}`,
        ),
      )
    }, patienceMs)
    const done = () => {
      clearTimeout(late)
      socket.destroy()
      resolve({ status: statusOf(text), text })
    }
    socket.on('error', () => undefined)
    socket.on('data', (chunk) => {
      text = (text + chunk.toString('latin1')).slice(0, 1_000_000)
      if (!halfClose && until(text)) done()
    })
    socket.on('end', () => socket.end())
    socket.on('close', done)
    if (halfClose) socket.end(bytes)
    else socket.write(bytes)
  })
}

/** Passes over 1xx that announce another answer. */
function statusOf(text: string): number {
  for (const [, status] of text.matchAll(/HTTP\/1\.1 (\d{3})/g))
    if (status === '101' || Number(status) >= 200) return Number(status)
  return 0
}
