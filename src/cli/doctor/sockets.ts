/** A WebSocket with `anywire.v1`: whether it upgrades, its echo, the hub's clock, and whether silence ends it. */
import type { IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import WebSocket from 'ws'
import type { ServerFrame } from '../../protocol/index.js'
import { authorization } from '../options.js'
import { type Patient, seconds } from './exchange.js'
import { broken, type Finding, ms, note, ok } from './finding.js'

export interface Echo {
  /** Milliseconds until the connection was upgraded. */
  readonly connectMs: number
  /** Milliseconds from `ping` to `pong`. */
  readonly roundTripMs: number
  /** What the hub's clock is ahead by, in milliseconds, at most half a round trip wrong. */
  readonly clockMs: number
  readonly heartbeatMs: number
}

export class Line {
  readonly socket: WebSocket
  readonly frames: ServerFrame[] = []
  /** The last sign of life, by `performance.now()`. */
  heardAt = performance.now()
  over: string | undefined
  #told = new Set<() => void>()

  constructor(socket: WebSocket) {
    this.socket = socket
    socket.on('message', (data) => {
      this.frames.push(JSON.parse(String(data)) as ServerFrame)
      this.#tell()
    })
    socket.on('ping', () => this.#tell())
    socket.on('close', (code) => {
      this.over = `closed with ${code}`
      this.#tell(false)
    })
  }

  /** The first frame that fits, if it comes in time. */
  async frame<F extends ServerFrame['type']>(
    type: F,
    ms: number,
  ): Promise<Extract<ServerFrame, { type: F }> | undefined> {
    const find = () => this.frames.find((one) => one.type === type) as Extract<ServerFrame, { type: F }> | undefined
    await this.until(() => find() !== undefined, ms)
    return find()
  }

  /** Whether it came to be so in time. */
  async until(fits: () => boolean, ms: number): Promise<boolean> {
    const end = performance.now() + ms
    while (!fits()) {
      const left = end - performance.now()
      if (this.over !== undefined || left <= 0) return fits()
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left)
        this.#told.add(() => {
          clearTimeout(timer)
          resolve()
        })
      })
      this.#told.clear()
    }
    return true
  }

  #tell(heard = true): void {
    if (heard) this.heardAt = performance.now()
    for (const told of this.#told) told()
  }
}

export type OpenedLine =
  | { readonly line: Line; readonly echo: Echo; readonly finding: Finding }
  | { readonly line?: undefined; readonly echo?: undefined; readonly finding: Finding }

const name = 'WebSocket'

/** `unknown`: the hub has refused this reader already, and waits for a credential before it says a word. */
export async function openLine(patient: Patient, unknown: boolean): Promise<OpenedLine> {
  const start = performance.now()
  const socket = new WebSocket(patient.base.href.replace(/^http/, 'ws'), 'anywire.v1', {
    headers: authorization(patient.token),
    perMessageDeflate: false,
    handshakeTimeout: patient.patienceMs,
    rejectUnauthorized: !patient.insecure,
  })
  const line = new Line(socket)
  const failed = await opening(socket)
  if (failed) return { finding: failed }
  const connectMs = performance.now() - start
  if (unknown) {
    socket.terminate()
    return {
      finding: note(name, `Upgrades in ${ms(connectMs)}; the hub waits for a credential: give one with --token.`, {
        connectMs,
      }),
    }
  }
  const welcome = await line.frame('welcome', patient.patienceMs)
  const asked = performance.now()
  const wallMs = Date.now()
  socket.send('{"type":"ping"}')
  const pong = welcome && (await line.frame('pong', patient.patienceMs))
  if (!pong) {
    socket.terminate()
    const sentence =
      `Upgraded, but no frame came back within ${seconds(patient.patienceMs)}: something on the way takes the ` +
      'upgrade for its own, or buffers.'
    return { finding: broken(name, 'no-upgrade', sentence) }
  }
  const roundTripMs = performance.now() - asked
  const clockMs = Math.round(pong.time / 1_000 - (wallMs + roundTripMs / 2))
  const echo = { connectMs, roundTripMs, clockMs, heartbeatMs: welcome.heartbeatMs }
  const sentence = `Upgrades in ${ms(connectMs)}; an echo takes ${ms(roundTripMs)}.`
  return { line, echo, finding: ok(name, sentence, { connectMs, roundTripMs }) }
}

/** Waits for the hub's ping in silence. Undefined: it stays open. */
export async function stayUp(line: Line, heartbeatMs: number, boundMs: number): Promise<Finding | undefined> {
  await line.until(() => line.over !== undefined, boundMs)
  const silentMs = Math.round(performance.now() - line.heardAt)
  if (line.over === undefined) return undefined
  const sentence =
    `Ended after ${seconds(silentMs)} of silence (${line.over}): something on the way cuts what is silent, ` +
    `before the hub's ping (every ${seconds(heartbeatMs)}).`
  return broken(name, 'idle', sentence, { silentMs })
}

/** Undefined when it is open. */
function opening(socket: WebSocket): Promise<Finding | undefined> {
  return new Promise((resolve) => {
    socket.on('open', () => resolve(undefined))
    socket.on('unexpected-response', async (_request, response: IncomingMessage) => {
      // The request is over by then, and would leave its connection open.
      const connection = response.socket
      const body = await text(response).catch(() => '')
      connection.destroy()
      resolve(notUpgraded(response.statusCode ?? 0, body))
    })
    socket.on('error', (error) =>
      resolve(broken(name, 'no-upgrade', `Does not come up: ${error.message || 'the connection was ended'}.`)),
    )
  })
}

/** A hub that did not see the upgrade takes it for a plain GET, and says that a mount path has no such method. */
function notUpgraded(status: number, body: string): Finding {
  const error = /^\{(?:"anywire":1,)?"error":\{"code":"([a-z-]+)","message":("(?:[^"\\]|\\.)*")/.exec(body)
  const [, code, message = ''] = error ?? []
  if (code !== undefined && code !== 'bad-method' && code !== 'bad-request')
    return note(name, `The hub answers ${status}: ${JSON.parse(message)}`, { status, code })
  const how = code === undefined ? 'the request was' : 'the request reached the hub as a plain GET, and was'
  return broken(name, 'no-upgrade', `Does not upgrade: ${how} answered ${status}.`, { status })
}
