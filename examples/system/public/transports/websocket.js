/** A native WebSocket: each frame is one message. */
import { figuresUrl, jsonBytes, socketUrl } from './urls.js'

/** @type {import('../lane.js').Transport} */
export const websocket = {
  name: 'WebSocket',
  form: `new WebSocket('${figuresUrl}')`,
  keepsPosition: false,
  open(_position, { opened, received, ended }) {
    const socket = new WebSocket(socketUrl(figuresUrl))
    socket.onopen = () => opened()
    socket.onmessage = ({ data }) => received([JSON.parse(data)], jsonBytes(data))
    socket.onclose = () => ended()
    return () => socket.close()
  },
}
