/** Turns of answers: an answer begins only when the client has room for it. PROTOCOL.md 6.3. */
import { ServerResponse } from 'node:http'
import type { Http2Session, ServerHttp2Stream } from 'node:http2'
import type { Socket } from 'node:net'
import type { Limits } from '../../core/limits.js'
import { streamOf } from '../../wires/http2.js'
import { clientGone } from '../http/client-gone.js'

/** Bytes of one HTTP/2 session's answers that were not taken yet, and the answers that wait for room. */
interface AnswerRoom {
  bytes: number
  /** Streams that are open. */
  answers: number
  readonly waiting: Set<() => void>
}

/** The weight of one answer, until its stream is closed. */
interface Weight {
  readonly room: AnswerRoom
  bytes: number
}

export type TurnLimits = Pick<Limits, 'pipelinedRequests' | 'answerBytesPerSession' | 'pageBytes'>

export class AnswerTurns {
  readonly #limits: TurnLimits
  readonly #rooms = new WeakMap<Http2Session, Map<string, AnswerRoom>>()
  readonly #weights = new WeakMap<ServerHttp2Stream, Weight>()
  /** Requests that wait for the answer before theirs, by connection of HTTP/1.1. */
  readonly #pipelined = new WeakMap<Socket, number>()

  constructor(limits: TurnLimits) {
    this.#limits = limits
  }

  /**
   * Over HTTP/1.1: resolves when the answers before this one have been sent. Undefined: they have been. It never
   * resolves for a client that has disconnected.
   */
  behind(response: ServerResponse): Promise<void> | undefined {
    // A response that was created without a server (in a framework's test) never gets a socket.
    if (response.socket || response.destroyed || !(response instanceof ServerResponse)) return undefined
    const { socket } = response.req
    const waiting = (this.#pipelined.get(socket) ?? 0) + 1
    if (waiting > this.#limits.pipelinedRequests) socket.destroy()
    this.#pipelined.set(socket, waiting)
    return new Promise((resolve) => {
      response.once('socket', () => {
        this.#pipelined.set(socket, (this.#pipelined.get(socket) ?? 1) - 1)
        resolve()
      })
    })
  }

  /**
   * Over HTTP/2: resolves when there is room for one more page, besides the answers of this session that were not taken
   * yet. Undefined: there is room. It rejects for a client that has disconnected. `client`: the client of this answer,
   * if the session is a proxy's.
   */
  forPage(response: ServerResponse, client = ''): Promise<void> | undefined {
    const stream = streamOf(response)
    const session = stream?.session
    if (!stream || !session || stream.destroyed) return undefined
    const room = this.#roomOf(session, client)
    const weight: Weight = { room, bytes: 0 }
    this.#weights.set(stream, weight)
    room.answers++
    stream.once('close', () => {
      change(weight, 0)
      if (--room.answers === 0) this.#rooms.get(session)?.delete(client)
    })
    return this.#enter(stream, weight, this.#limits.pageBytes)
  }

  /** Sets the size of an answer once it is known; 0 for one that waits for messages. */
  weigh(response: ServerResponse, bytes: number): void {
    const weight = this.#weightOf(response)
    if (weight) change(weight, bytes)
  }

  /**
   * For an answer that counted nothing while it waited: resolves when there is room for it, and rejects as `forPage`.
   * Undefined: there is room.
   */
  again(response: ServerResponse, bytes: number): Promise<void> | undefined {
    const stream = streamOf(response)
    const weight = this.#weightOf(response)
    return stream && weight?.bytes === 0 ? this.#enter(stream, weight, bytes) : undefined
  }

  #weightOf(response: ServerResponse): Weight | undefined {
    const stream = streamOf(response)
    return stream && !stream.destroyed ? this.#weights.get(stream) : undefined
  }

  #roomOf(session: Http2Session, client: string): AnswerRoom {
    const rooms = this.#rooms.get(session) ?? new Map<string, AnswerRoom>()
    const room = rooms.get(client) ?? { bytes: 0, answers: 0, waiting: new Set() }
    this.#rooms.set(session, rooms.set(client, room))
    return room
  }

  /** An answer larger than the limit has its turn when nothing else is under way. */
  #enter(stream: ServerHttp2Stream, weight: Weight, bytes: number): Promise<void> | undefined {
    const { room } = weight
    const fits = () => room.bytes === 0 || room.bytes + bytes <= this.#limits.answerBytesPerSession
    if (room.waiting.size === 0 && fits()) {
      change(weight, bytes)
      return undefined
    }
    return new Promise((resolve, reject) => {
      const look = () => {
        // Streams of a session that ends are destroyed at once and closed one by one. They must not use each other's
        // room.
        if (stream.destroyed) {
          room.waiting.delete(look)
          reject(clientGone())
        }
        if (stream.destroyed || !fits()) return
        room.waiting.delete(look)
        change(weight, bytes)
        resolve()
      }
      room.waiting.add(look)
      stream.once('close', () => {
        if (!room.waiting.delete(look)) return
        next(room)
        reject(clientGone())
      })
    })
  }
}

function change(weight: Weight, bytes: number): void {
  const { room } = weight
  const less = bytes < weight.bytes
  room.bytes += bytes - weight.bytes
  weight.bytes = bytes
  if (less) next(room)
}

/** The oldest goes first. If it does not fit, those after it wait too. */
function next(room: AnswerRoom): void {
  for (const look of room.waiting) {
    look()
    if (room.waiting.has(look)) return
  }
}
