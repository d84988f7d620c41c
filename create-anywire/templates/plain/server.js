// Channels below /channels, and the pages of the folder "public".
import { createServer } from 'node:http'
import { createHub, pages } from 'anywire'

const port = process.env.PORT ?? 8080
const hub = createHub() // without "authenticate" it serves programs on this machine alone
const server = createServer(pages('public'))
hub.attach(server)

server.on('error', ({ code, message }) => {
  console.error(code === 'EADDRINUSE' ? `Port ${port} is in use: stop what listens there, or set PORT.` : message)
  process.exit(1)
})
server.listen(port, () => console.log(`Open http://localhost:${port} in two windows`))
