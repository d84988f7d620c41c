/** The Socket.IO client: with its defaults, and trying WebSocket before long polling. */
import { io } from 'socket.io-client'

/** @type {import('../trial.mjs').Open} */
export const socketIo = (origin, hear) => open(origin, hear, {})

/** @type {import('../trial.mjs').Open} */
export const socketIoWebSocket = (origin, hear) =>
  open(origin, hear, { transports: ['websocket', 'polling'], tryAllTransports: true })

/** @param {string} origin @param {(number: number) => void} hear @param {Partial<import('socket.io-client').ManagerOptions>} options */
function open(origin, hear, options) {
  const socket = io(origin, { forceNew: true, ...options })
  socket.on('message', hear)
  return () => socket.disconnect()
}
