/** Anywire with members who say themselves who they are (`?token=`), in channels with presence and without. */
import { createServer } from 'node:http'
import { listen } from './control.mjs'

/** @type {typeof import('anywire')} */
const { createHub } = await import(process.argv[2] ?? 'anywire')
const hub = createHub({
  authenticate: (credential) => credential && { id: credential.token },
  queryToken: true,
  rules: { named: { presence: { maxMembers: 10_000 } }, counted: { presence: true } },
  limits: { connectionsPerAddress: null },
})
const server = createServer()
hub.attach(server)
listen(server, (_message, done) => done())
