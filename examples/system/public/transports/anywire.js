/** `anywire.v1` over a WebSocket: frames that name channel and offset. */
import { channelName, jsonBytes, mount, socketUrl } from './urls.js'

/** @type {import('../lane.js').Transport} */
export const anywire = {
  name: 'anywire.v1',
  form: `new WebSocket('${mount}', 'anywire.v1'), any number of channels`,
  keepsPosition: true,
  open(position, events) {
    const socket = new WebSocket(socketUrl(mount), 'anywire.v1')
    const subscription = { channel: channelName, offset: position ?? 'now' }
    socket.onopen = () => socket.send(JSON.stringify({ type: 'subscribe', subscriptions: [subscription] }))
    socket.onmessage = ({ data }) => take(JSON.parse(data), jsonBytes(data), events)
    socket.onclose = () => events.ended()
    return () => socket.close()
  },
}

/**
 * @param {any} frame
 * @param {number} bytes
 * @param {import('../lane.js').Events} events
 */
function take(frame, bytes, { opened, received, overhead, moved, gap }) {
  if (frame.type === 'messages') {
    const figures = frame.messages.map((/** @type {any} */ message) => message.data)
    received(figures, bytes, frame.messages.at(-1).offset)
    return
  }
  overhead(bytes)
  if (frame.type === 'subscribed') {
    moved(frame.offset)
    opened()
  }
  if (frame.type === 'gap') {
    moved(frame.to)
    gap()
  }
}
