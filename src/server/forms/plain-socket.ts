/** Plain WebSocket: one message a frame, both ways. PROTOCOL.md 3.5. */
import type { Limits } from '../../core/limits.js'
import { type BodyMessage, BytesBody } from '../../core/publish/body.js'
import { toError } from '../../core/publish/outcome.js'
import type { Connection } from '../../core/reading/connection.js'
import type { Opening } from '../../core/reading/delivery.js'
import type { SubscriptionOptions } from '../../core/reading/subscription.js'
import { AnywireError } from '../../protocol/error.js'
import type { Kind } from '../../protocol/message.js'
import type { ChannelName } from '../../protocol/name.js'
import { frame, opcodes, websocketMessages } from '../../protocol/websocket-frame.js'
import type { Context } from '../context.js'
import type { Admission } from '../door/door.js'
import { checkFrame, mostBodyBytes } from '../door/frame-limits.js'
import type { Accepted } from '../upgrade/handshake.js'
import { Intake } from '../upgrade/intake.js'
import { connectSocket } from '../upgrade/sockets.js'

export interface PlainReading {
  readonly channel: ChannelName
  readonly opened: Opening
  readonly options: SubscriptionOptions
}

export function plainSocket(context: Context, accepted: Accepted, admission: Admission, reading: PlainReading): void {
  const { webSocket } = accepted
  const { channel, opened, options } = reading
  const connection = connectSocket(context, accepted, websocketMessages, admission, true)
  let pending = 0
  const intake = new Intake(webSocket, {
    time: context.frameTime,
    limits: context.limits,
    // A closed connection is still read, so that its end is noticed, but its frames are ignored.
    ready: () => connection.closed || (pending < context.limits.publishesPending && !connection.full),
    reads: () => !connection.full,
    act(data, isBinary) {
      if (connection.closed) return undefined
      pending++
      return publish(context, connection, admission, channel, data, isBinary).finally(() => {
        pending--
      })
    },
    failed: (thrown) => connection.close(context.report(thrown)),
  })
  connection.listen({ drained: () => intake.settle() })
  try {
    context.welcome(connection, admission, { comesBack: true }, [channel])
  } catch (thrown) {
    opened.release()
    connection.close(context.report(thrown))
    return
  }
  if (connection.closed) opened.release()
  else opened.start(connection, websocketMessages, options)
}

/** Each frame of a client is one message. The client gets an answer only if it was refused or `receive` replied. */
async function publish(
  context: Context,
  connection: Connection,
  admission: Admission,
  channel: ChannelName,
  data: Buffer,
  isBinary: boolean,
): Promise<void> {
  try {
    checkFrame(data, mostBodyBytes(context, channel))
    const outcome = await context.publisher.publish({
      channel,
      body: new SocketBody(data, isBinary, context.limits),
      author: { principal: connection.principal, address: admission.address },
      lane: connection,
    })
    const error = toError(outcome, channel)
    if (error) refuse(connection, error)
    else if (outcome.reply !== undefined) say(connection, `{"reply":${outcome.reply}}`)
  } catch (thrown) {
    refuse(connection, context.report(thrown))
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
