/** A native WebSocket for each channel: a frame is a message. It has no positions. */
import { type Form, mountOf, socketUrl } from './form.js'

const lane = 'websocket'

export const websocket: Form = {
  name: 'WebSocket',
  lane,
  ask: 'new WebSocket(channel)',
  resumes: false,
  many: true,
  open(channels, _, { opened, message, ended }) {
    const sockets = channels.map((channel) => new WebSocket(socketUrl(`${mountOf(lane)}/${channel}`)))
    let over = false
    const close = () => {
      over = true
      for (const socket of sockets) socket.close()
    }
    sockets.forEach((socket, i) => {
      socket.onopen = () => sockets.every(({ readyState }) => readyState === WebSocket.OPEN) && opened()
      socket.onmessage = ({ data }) => message(channels[i]!, JSON.parse(data))
      socket.onclose = () => {
        if (!over) ended()
        close()
      }
    })
    return close
  },
}
