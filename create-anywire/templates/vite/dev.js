// One process for both: the server of channels, and Vite, which passes /channels on to it.
import './server.js'
import { createServer } from 'vite'

const vite = await createServer()
await vite.listen()
vite.printUrls()
