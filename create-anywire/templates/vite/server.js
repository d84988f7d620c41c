// Channels below /channels, and the pages that "npm run build" has made.
import { existsSync } from 'node:fs'
import { createServer } from 'node:http'
import { createHub, pages } from 'anywire'

const port = process.env.PORT ?? 8080
const hub = createHub() // without "authenticate" it serves programs on this machine alone
const built = existsSync('dist')
const server = createServer(built ? pages('dist') : undefined)
hub.attach(server)

server.on('error', ({ code, message }) => {
  console.error(code === 'EADDRINUSE' ? `Port ${port} is in use: stop what listens there, or set PORT.` : message)
  process.exit(1)
})
server.listen(port, () => {
  const url = `http://localhost:${port}`
  console.log(built ? `The built pages are at ${url}` : `Channels are at ${url}/channels`)
})
