/** A publish that came in a frame or in the body of a POST on the mount path. */
import { Body, type BodyMessage } from '../../../core/publish/body.js'
import { type PublishOutcome, toError } from '../../../core/publish/outcome.js'
import type { Principal } from '../../../core/rule.js'
import { dataOf, type OutgoingFrame, type PublishRequest, unparsed } from '../../../protocol/anywire-v1.js'
import type { Kind } from '../../../protocol/message.js'
import { checkName } from '../../../protocol/name.js'
import type { Context } from '../../context.js'

/** The publisher: the connection or request itself, so that its publishes to one channel stay in order. */
export type FramePublisher = object & { readonly principal: Principal }

/** Publishes, and returns the frame with the outcome. `waitsUntil`: as in `PublishCommand`. Throws nothing. */
export async function answerPublish(
  context: Context,
  publisher: FramePublisher,
  address: string,
  request: PublishRequest,
  waitsUntil?: number,
): Promise<OutgoingFrame> {
  const { channel, id } = request
  const of = id === undefined ? { channel } : { id, channel }
  try {
    const outcome = await publish(context, publisher, address, request, waitsUntil)
    const error = toError(outcome, channel)
    if (error) return { type: 'error', ...error.toJSON(), ...of }
    return {
      type: 'published',
      ...of,
      ...((outcome.kind === 'appended' || outcome.kind === 'duplicate') && { offset: outcome.next }),
      ...(outcome.kind === 'duplicate' && { duplicate: true }),
      ...(outcome.reply !== undefined && { reply: outcome.reply }),
    }
  } catch (thrown) {
    return { type: 'error', ...context.report(thrown).toJSON(), ...of }
  }
}

function publish(
  context: Context,
  publisher: FramePublisher,
  address: string,
  request: PublishRequest,
  waitsUntil: number | undefined,
): Promise<PublishOutcome> {
  const { channel, producer } = request
  checkName(channel, context.limits.nameBytes)
  return context.publisher.publish({
    channel,
    body: new FrameBody(request),
    producer,
    author: { principal: publisher.principal, address },
    lane: publisher,
    traceparent: context.tracing && request.traceparent,
    waitsUntil,
  })
}

/** One message. The `data` of a frame that was read is valid JSON. */
class FrameBody extends Body {
  readonly contentType = undefined
  readonly isEmpty = false
  readonly #request: PublishRequest

  constructor(request: PublishRequest) {
    super()
    this.#request = request
  }

  override get size(): number {
    return this.#request.base64?.length ?? dataOf(this.#request, 'json')?.byteLength ?? 0
  }

  protected read(_contentType: string, kind: Kind): readonly BodyMessage[] {
    const { data: value, key, event } = this.#request
    const message = { data: dataOf(this.#request, kind), key, event }
    return [kind === 'json' && value !== unparsed ? { message, value } : { message }]
  }
}
