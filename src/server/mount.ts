/** Answers requests under a path, each with its form, and contains what fails. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { streamOf } from '../wires/http2.js'
import { contained } from './contained.js'
import type { Context } from './context.js'
import { mostFrameBytes } from './door/frame-limits.js'
import { sendError } from './http/exchange.js'
import type { Target } from './http/target.js'
import { answer } from './routes.js'
import type { MountHandlers } from './upgrade/attach.js'
import { checkAsked } from './upgrade/attachable.js'
import { connectHandshake } from './upgrade/connect.js'
import type { Handshake } from './upgrade/handshake.js'
import { offersWebSocket, putBack, serverOf } from './upgrade/put-back.js'
import { answerUpgrade, type UpgradeRequest, upgradeHandshake } from './upgrade/upgrade.js'

export interface MountOptions {
  readonly context: Context
  /** What a request asks for. @throws AnywireError for a path that names nothing. */
  readonly find: (request: IncomingMessage) => Target
  /** Answers upgrade requests. Throws nothing. @default by the forms of channels */
  readonly serveUpgrade?: (upgrade: UpgradeRequest) => void | Promise<void>
  /** Most bytes of a WebSocket message. @default what the rules and limits say */
  readonly mostBytes?: () => number
}

export function createHandlers({ context, find, ...options }: MountOptions): MountHandlers {
  const { limits } = context
  const {
    serveUpgrade = (upgrade) => answerUpgrade(upgrade, () => find(upgrade.request)),
    mostBytes = () => mostFrameBytes(context),
  } = options
  const messages = {
    mostBytes,
    get mostFragments() {
      return limits.fragmentsPerMessage
    },
  }
  const open = (request: IncomingMessage, handshake: Handshake, socket: Duplex) =>
    contained(
      () => serveUpgrade({ context, request, handshake }),
      (thrown) => handshake.refuse(context.report(thrown)),
      () => socket.destroy(),
    )
  return {
    handle(...asked) {
      checkAsked(...asked)
      // Requests of HTTP/2 have the same shape as those of HTTP/1.1, in all that is used here.
      const [request, response] = asked as [IncomingMessage, ServerResponse]
      const stream = request.method === 'CONNECT' ? streamOf(response) : undefined
      if (stream) return open(request, connectHandshake(messages, request, stream, limits.stallMs), stream)
      contained(
        () => answer(context, request, response, () => find(request)),
        (thrown) => sendError(context, response, context.report(thrown), undefined),
        () => response.destroy(),
      )
    },
    upgrade(request, socket, head) {
      const server = offersWebSocket(request) ? undefined : serverOf(request)
      if (server && socket instanceof Socket) return putBack(server, request, socket, head)
      open(request, upgradeHandshake(messages, request, socket, head), socket)
    },
  }
}
