/** Upgrade requests of y-websocket's provider: admission, permission, the handshake, and then the document. */
import type { Opening } from '../../core/reading/delivery.js'
import { AnywireError } from '../../protocol/error.js'
import { checkName } from '../../protocol/name.js'
import { awarenessOf } from '../../protocol/y-awareness.js'
import type { Admission } from '../door/door.js'
import { mayRead } from '../door/permission.js'
import { deflateWindow } from '../http/negotiation.js'
import type { Handshake } from '../upgrade/handshake.js'
import type { UpgradeRequest } from '../upgrade/upgrade.js'
import type { Documents } from './documents.js'
import { ySocket } from './socket.js'

/** Answers whatever is no request for a WebSocket. */
export function refusePlain(): never {
  throw new AnywireError('not-acceptable', "Documents are served to WebSockets here: connect y-websocket's provider.")
}

/** Answers a request for a WebSocket; `roomOf` reads its URL. Throws nothing. */
export async function answerYUpgrade(
  upgrade: UpgradeRequest,
  documents: Documents,
  roomOf: () => string | undefined,
): Promise<void> {
  const { context, request, handshake } = upgrade
  const arrival = context.connections.arrive()
  let admission: Admission | undefined
  try {
    const room = roomOf()
    admission = await context.door.admit(request, { websocket: true, arrival })
    if (context.draining) throw new AnywireError('draining', 'This server is leaving; connect again.')
    if (room === undefined || admission.pending)
      throw new AnywireError(
        'bad-request',
        'A WebSocket of y-websocket names its room, and brings its credential with it.',
      )
    await open(upgrade, documents, room, admission)
  } catch (thrown) {
    const error = context.report(thrown)
    context.refused(request, error)
    const forGood = error.meaning.retry === 'never' || error.meaning.retry === 'reauthenticate'
    // The provider knows no statuses, and would try again for ever: who has come in by the right door is told by a
    // close code.
    if (error.code === 'unauthorized' || (admission && forGood)) sendAway(handshake, error)
    else handshake.refuse(error)
  } finally {
    arrival.done()
  }
}

async function open(
  { context, request, handshake }: UpgradeRequest,
  documents: Documents,
  room: string,
  admission: Admission,
): Promise<void> {
  const document = checkName(`${documents.channels}/${room}`, context.limits.nameBytes - awarenessOf('').length)
  const awareness = awarenessOf(document)
  await mayRead(context, document, admission.principal)
  await mayRead(context, awareness, admission.principal)
  const stateVector = await documents.use(document, (replica) => replica.stateVector())
  const opened = await context.open(document, { kind: 'snapshot' })
  let here: Opening | undefined
  let accepted = false
  try {
    if (opened.result.kind === 'gone') throw context.lossOf(document, opened.result)
    const { head } = opened.result.info
    here = await context.open(awareness, { kind: 'snapshot' })
    const reading = { document, awareness, opened, head, here, stateVector }
    const window = context.compressor.of(document) ? deflateWindow(request) : undefined
    handshake.open(window, (socket) => {
      accepted = true
      ySocket(context, documents, socket, admission, reading)
    })
  } finally {
    if (!accepted) opened.release()
    if (!accepted) here?.release()
  }
}

function sendAway(handshake: Handshake, error: AnywireError): void {
  handshake.open(undefined, ({ webSocket }) => {
    webSocket.close(error.meaning.close, error.message)
  })
}
