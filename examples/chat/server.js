/** A chat: each room is a channel, and the page gets the client from the hub. */
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { parseArgs } from 'node:util'
import { AnywireError, createHub } from 'anywire'

const { values } = parseArgs({ options: { port: { type: 'string', default: '8080' } } })

const hub = createHub({
  rules: {
    'chat/:room': {
      retain: { messages: 200 },
      receive(message) {
        // Whatever JSON came: null, a number, fields of any type.
        const said = /** @type {Record<string, unknown>} */ (Object(message.data))
        const [id, name, text] = [said.id, said.name, said.text].map((field) =>
          typeof field === 'string' ? field.trim() : '',
        )
        if (!id || !name || !text || id.length + name.length > 80 || text.length > 1000)
          throw new AnywireError('rejected', 'Say something, of 1,000 characters at most, under a short name.')
        message.data = { id, name, text, at: Date.now() }
      },
    },
    '*': { subscribe: false, publish: false },
  },
})

/** @param {string} name @param {string} type */
const file = (name, type) => ({ type, bytes: readFileSync(new URL(`public/${name}`, import.meta.url)) })

const files = new Map([
  ['/', file('index.html', 'text/html; charset=utf-8')],
  ['/chat.js', file('chat.js', 'text/javascript; charset=utf-8')],
  ['/style.css', file('style.css', 'text/css; charset=utf-8')],
])

const server = createServer((request, response) => {
  const found = files.get(request.url ?? '')
  if (found) response.writeHead(200, { 'content-type': found.type }).end(found.bytes)
  else response.writeHead(404, { 'content-type': 'text/plain' }).end('There is no such page.\n')
})
hub.attach(server)
server.listen(Number(values.port), '127.0.0.1', () => {
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
  console.log(`listening on http://127.0.0.1:${port}`)
})
