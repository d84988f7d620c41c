/** The WebSocket link: one socket, `anywire.v1` frames both ways. Proven by a pong. */
import type { ClientFrame, ServerFrame } from '../../protocol/anywire-frame.js'
import { AnywireError, codeOfClose } from '../../protocol/error.js'
import { aheadOf } from '../clock.js'
import { changes, type Link, type LinkOptions, type Measured, type Readings, readingOf } from '../link.js'
import { watch } from '../liveness.js'

/** What may stand in `Sec-WebSocket-Protocol` (RFC 9110 §5.6.2); another token goes in a frame. */
const headerToken = /^[\w!#$%&'*+.^`|~-]+$/

export function openWebSocket({ url, token, events, received }: LinkOptions): Link {
  let socket: WebSocket | undefined
  let over = false
  let wanted: Readings = new Map()
  /** Of each `unsubscribed` that is to come, what is read after it; before them what is read now. */
  const asked: Readings[] = [wanted]
  let maxMessageBytes = Number.POSITIVE_INFINITY
  let pingedAt = 0

  const send = (frame: ClientFrame) => {
    if (socket?.readyState === 1) socket.send(JSON.stringify(frame))
  }

  const ping = () => {
    pingedAt = performance.now()
    send({ type: 'ping' })
  }

  const liveness = watch(events.silent, ping)

  const lose = (thrown: unknown) => {
    if (over) return
    link.close()
    events.lost(AnywireError.from(thrown))
  }

  const open = async () => {
    const bearer = await token
    const WebSocketClass = await webSocketClass()
    if (over) return
    const began = performance.now()
    const inHeader = bearer && headerToken.test(bearer)
    const protocols = inHeader ? ['anywire.v1', `anywire.token.${bearer}`] : ['anywire.v1']
    socket = new WebSocketClass(url.replace(/^http/, 'ws'), protocols)
    socket.onopen = () => {
      if (bearer && !inHeader) link.authenticate(bearer)
      ping()
      link.read(wanted)
    }
    socket.onerror = () => undefined // 'close' follows
    socket.onclose = ({ code, reason }) =>
      lose(new AnywireError(codeOfClose(code), reason || `The WebSocket was closed with ${code}.`))
    socket.onmessage = ({ data }) => {
      if (over) return
      let frame: ServerFrame
      try {
        frame = JSON.parse(data)
      } catch {
        return // something between has written it
      }
      received(data.length)
      liveness.heard()
      switch (frame.type) {
        case 'welcome':
          liveness.expect(frame.heartbeatMs)
          maxMessageBytes = frame.maxMessageBytes
          break
        case 'pong':
          link.roundTripMs = performance.now() - pingedAt
          link.aheadMs = aheadOf(frame.time, link.roundTripMs)
          if (link.connectMs) break
          link.connectMs = performance.now() - began
          events.proven()
          break
        case 'unsubscribed':
          asked.shift()
      }
      events.frame(frame, readingOf(frame, asked[0]!))
    }
  }

  const link: Measured = {
    transport: 'websocket',
    connectMs: 0,
    roundTripMs: 0,
    /** What comes of a channel before it is known to be left is of its earlier reading. */
    read(readings) {
      wanted = new Map(readings)
      const channels = changes(asked.at(-1)!, wanted)
      if (socket?.readyState !== 1 || channels.length === 0) return
      asked.push(wanted)
      const subscriptions = channels.flatMap((channel) => wanted.get(channel) ?? [])
      send({ type: 'unsubscribe', channels })
      send({ type: 'subscribe', subscriptions: subscriptions as never })
    },
    publish(requests) {
      for (const request of requests) {
        const text = JSON.stringify({ type: 'publish', ...request })
        // A frame over the server's limit would end the connection, again and again.
        if (text.length < 2 * maxMessageBytes) socket!.send(text)
        else {
          const message = `A message has at most ${maxMessageBytes} bytes.`
          events.frame({ type: 'error', code: 'too-large', message, id: request.id })
        }
      }
    },
    authenticate: (token) => send({ type: 'auth', token }),
    close() {
      over = true
      liveness.stop()
      socket?.close()
    },
  }
  open().catch(lose)
  return link
}

/** The platform's own, or that of `ws` in Node before 22. @throws AnywireError that says what to install. */
async function webSocketClass(): Promise<typeof WebSocket> {
  if (typeof WebSocket !== 'undefined') return WebSocket
  try {
    const name = 'ws' // in a variable, so that bundlers leave it alone: browsers have their own
    return (await import(/* @vite-ignore */ /* webpackIgnore: true */ name)).WebSocket
  } catch (cause) {
    throw new AnywireError('not-acceptable', 'This platform has no WebSocket: run "npm install ws".', { cause })
  }
}
