// Channels below /channels; everything else is Express.
import { createServer } from 'node:http'
import { createHub } from 'anywire'
import express from 'express'

const port = process.env.PORT ?? 8080
const hub = createHub() // without "authenticate" it serves programs on this machine alone
const app = express()
app.use(express.static('public'))
app.get('/hello', async (_request, response) => {
  await hub.publish('chat/7', { text: 'Hello from Express' })
  response.send('Published. The page shows it.')
})

const server = createServer(app)
hub.attach(server)

server.on('error', ({ code, message }) => {
  console.error(code === 'EADDRINUSE' ? `Port ${port} is in use: stop what listens there, or set PORT.` : message)
  process.exit(1)
})
server.listen(port, () => console.log(`Open http://localhost:${port} in two windows`))
