/** WebSocket at `/`: what a client sends reaches every client, the sender too. */

/** @param {import('anywire').Hub} hub */
export function websocket(hub) {
  const chat = hub.channel('chat')
  let last = 0

  /** @type {(request: import('node:http').IncomingMessage, socket: import('node:stream').Duplex, head: Buffer) => void} */
  return (request, socket, head) => {
    const number = ++last
    console.log(`client ${number} connected`)
    socket.once('close', () => console.log(`client ${number} disconnected`))
    chat.upgrade(request, socket, head)
  }
}
