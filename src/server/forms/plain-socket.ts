/** Plain WebSocket: one message a frame, both ways. PROTOCOL.md 3.5. */
import type { Limits } from '../../core/limits.js'
import { type BodyMessage, BytesBody } from '../../core/publish/body.js'
import { toError } from '../../core/publish/outcome.js'
import type { Connection, ConnectionEvents } from '../../core/reading/connection.js'
import type { Opening } from '../../core/reading/delivery.js'
import type { SubscriptionOptions } from '../../core/reading/subscription.js'
import { AnywireError } from '../../protocol/error.js'
import type { Kind } from '../../protocol/message.js'
import type { ChannelName } from '../../protocol/name.js'
import { frame, opcodes, websocketMessages } from '../../protocol/websocket-frame.js'
import type { ServerSocket } from '../../wires/server-socket.js'
import type { Context } from '../context.js'
import type { Admission } from '../door/door.js'
import { checkFrame, mostBodyBytes } from '../door/frame-limits.js'
import type { FormHooks } from '../form-hooks.js'
import type { Accepted } from '../upgrade/handshake.js'
import { Intake, type IntakeOptions } from '../upgrade/intake.js'
import { connectSocket } from '../upgrade/sockets.js'

export interface PlainReading {
  readonly channel: ChannelName
  readonly opened: Opening
  readonly options: SubscriptionOptions
}

const comesBack: FormHooks = { comesBack: true }

export function plainSocket(context: Context, accepted: Accepted, admission: Admission, reading: PlainReading): void {
  const { channel, opened, options } = reading
  const connection = connectSocket(context, accepted, websocketMessages, admission.principal, true)
  connection.listen(new PlainSession(context, connection, accepted.webSocket, channel, admission.address))
  try {
    context.welcome(connection, admission, comesBack, [channel])
  } catch (thrown) {
    opened.release()
    connection.close(context.report(thrown))
    return
  }
  if (connection.closed) opened.release()
  else opened.start(connection, websocketMessages, options)
}

/** What comes from one client. It is its own options and listeners: a closure for each would cost 56 bytes a client. */
class PlainSession implements IntakeOptions, ConnectionEvents {
  readonly context: Context
  readonly connection: Connection
  readonly address: string
  readonly #channel: ChannelName
  readonly #intake: Intake
  #pending = 0

  constructor(
    context: Context,
    connection: Connection,
    webSocket: ServerSocket,
    channel: ChannelName,
    address: string,
  ) {
    this.context = context
    this.connection = connection
    this.address = address
    this.#channel = channel
    this.#intake = new Intake(webSocket, this)
  }

  /** A closed connection is still read, so that its end is noticed, but its frames are ignored. */
  ready(): boolean {
    const { closed, full } = this.connection
    return closed || (this.#pending < this.context.limits.publishesPending && !full)
  }

  readsAhead(): boolean {
    return !this.connection.full
  }

  act(data: Buffer, isBinary: boolean): Promise<void> | undefined {
    if (this.connection.closed) return undefined
    this.#pending++
    return this.#publish(data, isBinary).finally(() => {
      this.#pending--
    })
  }

  failed(thrown: unknown): void {
    this.connection.close(this.context.report(thrown))
  }

  drained(): void {
    this.#intake.settle()
  }

  /** Each frame of a client is one message. The client gets an answer only if it was refused or `receive` replied. */
  async #publish(data: Buffer, isBinary: boolean): Promise<void> {
    const context = this.context
    const connection = this.connection
    const channel = this.#channel
    try {
      checkFrame(data, mostBodyBytes(context, channel))
      const outcome = await context.publisher.publish({
        channel,
        body: new SocketBody(data, isBinary, context.limits),
        author: { principal: connection.principal, address: this.address },
        lane: connection,
      })
      const error = toError(outcome, channel)
      if (error) refuse(connection, error)
      else if (outcome.reply !== undefined) say(connection, `{"reply":${outcome.reply}}`)
    } catch (thrown) {
      refuse(connection, context.report(thrown))
    }
  }
}

/** One message: an array is not flattened. */
class SocketBody extends BytesBody {
  readonly #isBinary: boolean

  constructor(data: Buffer, isBinary: boolean, limits: Limits) {
    super([{ data }], limits)
    this.#isBinary = isBinary
  }

  protected override read(contentType: string, kind: Kind): readonly BodyMessage[] {
    if (kind !== 'binary' || this.#isBinary) return super.read(contentType, kind)
    throw new AnywireError('bad-request', `This channel holds ${contentType}: send binary frames.`)
  }
}

function refuse(connection: Connection, error: AnywireError): void {
  say(connection, JSON.stringify({ error }))
}

function say(connection: Connection, json: string): void {
  connection.write(frame(opcodes.text, Buffer.from(json)))
}
