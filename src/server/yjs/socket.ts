/** One connection of y-websocket's provider: a document and its awareness, as two subscriptions. */
import { BytesBody } from '../../core/publish/body.js'
import { type PublishOutcome, toError } from '../../core/publish/outcome.js'
import type { Connection } from '../../core/reading/connection.js'
import type { Opening } from '../../core/reading/delivery.js'
import { AnywireError } from '../../protocol/error.js'
import type { ChannelName } from '../../protocol/name.js'
import type { Offset } from '../../protocol/offset.js'
import { type AwarenessEntry, spellAwareness } from '../../protocol/y-awareness.js'
import { denied, isNothing, parseYFrame, step1, step2, type YFrame, yWebsocket } from '../../protocol/y-websocket.js'
import type { Context } from '../context.js'
import type { Admission } from '../door/door.js'
import type { Accepted } from '../upgrade/handshake.js'
import { Intake } from '../upgrade/intake.js'
import { connectSocket } from '../upgrade/sockets.js'
import type { Documents } from './documents.js'

export interface YReading {
  readonly document: ChannelName
  readonly awareness: ChannelName
  readonly opened: Opening
  /** Where the log of the document stood. */
  readonly head: Offset
  readonly here: Opening
  /** What the document held before `opened`. */
  readonly stateVector: Uint8Array
}

/**
 * Reads first the log's snapshot, then what comes. Once the client stands where the log stood, it is told that this was
 * all (step 2), and asked for what the log does not have (step 1).
 */
export function ySocket(
  context: Context,
  documents: Documents,
  accepted: Accepted,
  admission: Admission,
  reading: YReading,
): void {
  const { webSocket } = accepted
  const connection = connectSocket(context, accepted, yWebsocket, admission.principal, false)
  const session = new DocumentSession(context, documents, connection, admission, reading)
  let pending = 0
  const intake = new Intake(webSocket, {
    context,
    connection,
    address: admission.address,
    ready: () => connection.closed || (pending < context.limits.publishesPending && !connection.full),
    readsAhead: () => !connection.full,
    act(data, isBinary) {
      if (connection.closed) return undefined
      pending++
      return session.take(data, isBinary).finally(() => {
        pending--
      })
    },
    failed: (thrown) => session.end(context.report(thrown)),
    violated({ code }) {
      // After a 1009 the provider would come back with the same, again and again.
      if (code === 1009) session.end(tooLarge(documents.limits.messageBytes))
    },
  })
  connection.listen({
    drained: () => intake.settle(),
    moved: () => session.settle(),
    // What is left out of an awareness was replaced by something newer.
    gap: ({ log }) => log.name === reading.awareness || session.lost(),
    left: (_subscription, reason) => connection.close(reason),
    closed: () => session.leave(),
  })
  try {
    context.welcome(connection, admission, { comesBack: true }, [reading.document, reading.awareness])
  } catch (thrown) {
    reading.opened.release()
    reading.here.release()
    session.end(context.report(thrown))
    return
  }
  session.start()
}

class DocumentSession {
  readonly #context: Context
  readonly #documents: Documents
  readonly #connection: Connection
  readonly #admission: Admission
  readonly #reading: YReading
  /** The client has asked for what it does not have. */
  #asked = false
  #synced = false
  /** It has been asked for what the log lacks, and its step 2 has not come. */
  #awaits = false
  /** The clocks of those of whom this connection brought news. */
  readonly #spoken = new Map<number, number>()
  #position: () => string = () => ''

  constructor(context: Context, documents: Documents, connection: Connection, admission: Admission, reading: YReading) {
    this.#context = context
    this.#documents = documents
    this.#connection = connection
    this.#admission = admission
    this.#reading = reading
  }

  start(): void {
    const { opened, here } = this.#reading
    if (this.#connection.closed) {
      opened.release()
      here.release()
      return
    }
    const subscription = opened.start(this.#connection, yWebsocket)
    this.#position = () => subscription.position
    if (!this.#connection.closed) here.start(this.#connection, yWebsocket, { slow: 'conflate' })
    else here.release()
    this.settle()
  }

  /** Answers once everything is sent that the log held when the connection began. */
  settle(): void {
    if (!this.#asked) return
    const { head, stateVector } = this.#reading
    if (this.#position() < head) return
    this.#asked = false
    this.#connection.write(step2)
    if (!this.#synced) this.#ask(stateVector)
    this.#synced = true
  }

  #ask(stateVector: Uint8Array): void {
    this.#awaits = true
    this.#connection.write(step1(stateVector))
  }

  async take(data: Buffer, isBinary: boolean): Promise<void> {
    try {
      if (!isBinary) throw new AnywireError('bad-request', 'A message of Yjs is a binary frame, and text came.')
      await this.#act(parseYFrame(data, this.#documents.limits.clientsPerDocument))
    } catch (thrown) {
      this.end(this.#context.report(thrown))
    }
  }

  async #act(frame: YFrame): Promise<void> {
    switch (frame.kind) {
      case 'step1':
        this.#asked = true
        return this.settle()
      case 'step2':
      case 'update':
        return this.#update(frame.update, frame.kind === 'step2')
      case 'awareness':
        for (const entry of frame.entries) await this.#speak(entry)
    }
  }

  /** Whoever may not be seen here, as there are too many, goes on reading and writing. */
  async #speak(entry: AwarenessEntry): Promise<void> {
    const { clientsPerPrincipal } = this.#documents.limits
    if (!this.#spoken.has(entry.client) && this.#spoken.size >= clientsPerPrincipal) return
    const outcome = await this.#publish(this.#reading.awareness, spellAwareness(entry))
    if (outcome.kind !== 'appended') return
    if (entry.state === 'null') this.#spoken.delete(entry.client)
    else this.#spoken.set(entry.client, entry.clock)
  }

  /**
   * A step 2 that nobody has asked for is an update as others: it is an answer that the thread is given more work for.
   * @throws AnywireError what it is refused with; but who may only read goes on reading.
   */
  async #update(update: Uint8Array, whole: boolean): Promise<void> {
    const { document } = this.#reading
    const { messageBytes } = this.#documents.limits
    const answers = whole && this.#awaits
    if (answers) this.#awaits = false
    if (isNothing(update)) return
    if (update.length > messageBytes) throw tooLarge(messageBytes)
    const outcome = await this.#publish(document, update)
    const error = toError(outcome, document)
    if (!error) return
    if (error.code === 'forbidden') {
      // Who comes back says all its deletions again.
      const known = answers && (await this.#documents.use(document, (replica) => replica.contains(update)))
      if (!known) this.#connection.write(denied(error.message))
    } else if (error.code === 'conflict' && outcome.kind === 'refused') await this.#complete(update, answers)
    else throw error
  }

  /**
   * An update that builds on what the log does not hold: asks for all that it lacks; of an answer to that, takes what
   * it can.
   */
  async #complete(update: Uint8Array, answers: boolean): Promise<void> {
    const { document } = this.#reading
    if (!answers) {
      if (this.#awaits) return
      this.#awaits = true
      return this.#ask(await this.#documents.use(document, (replica) => replica.stateVector()))
    }
    const part = await this.#documents.use(document, (replica) => replica.part(update))
    const error = part && toError(await this.#publish(document, part), document)
    if (error) throw error
  }

  #publish(channel: ChannelName, data: Uint8Array): Promise<PublishOutcome> {
    const { publisher, limits } = this.#context
    const { principal } = this.#connection
    const author = { principal, address: this.#admission.address }
    return publisher.publish({ channel, body: new BytesBody([{ data }], limits), author, lane: this.#connection })
  }

  /** Of the document something is missing: it is to be read again from its beginning, which coming back does. */
  lost(): false {
    this.end(new AnywireError('unavailable', 'The log no longer reaches back to this connection; connect again.'))
    return false
  }

  /** The provider stays away for good from 4400 to 4499, and comes back from everything else. */
  end(error: AnywireError): void {
    const { retry, close } = error.meaning
    const comesBack = retry === 'later' && close < 4500 && close >= 4400
    this.#connection.close(comesBack ? new AnywireError('unavailable', error.message, { cause: error }) : error)
  }

  /** Says of those who spoke through this connection that they have left. */
  leave(): void {
    const { publisher, draining, report, limits } = this.#context
    const { awareness } = this.#reading
    if (draining) return
    for (const [client, clock] of this.#spoken) {
      const data = spellAwareness({ client, clock, state: 'null' })
      const author = { principal: this.#connection.principal, address: this.#admission.address }
      publisher.publish({ channel: awareness, body: new BytesBody([{ data }], limits), author }).catch(report)
    }
  }
}

function tooLarge(most: number): AnywireError {
  return new AnywireError(
    'too-large',
    `An update has at most ${most} bytes: insert less at once, or raise the limit "messageBytes" of hub.yjs.`,
  )
}
