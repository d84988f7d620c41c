/** Who is measured: the rows of the tables. */
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { forms } from './load/forms.mjs'

/**
 * @typedef {object} Peer
 * @property {string} name
 * @property {string} server file in `servers/`
 * @property {import('./load/crowd.mjs').Form} form how its subscribers get in
 * @property {string} [runtime] another program than this Node
 * @property {string[]} [args] of the server
 * @property {boolean} [ours]
 */

/** @type {Record<string, Peer>} */
export const peers = {
  bare: { name: 'bare `net` loop', server: 'bare', form: forms.bare },
  joining: { name: '`net` loop joining a turn', server: 'joining', form: forms.bare },
  ws: { name: 'naive `ws`', server: 'ws', form: forms.webSocket },
  sse: { name: 'naive SSE, `res.write`', server: 'sse', form: forms.sse },
  socketio: { name: 'Socket.IO, WebSocket', server: 'socketio', form: forms.socketIo },
  bun: { name: 'Bun, `server.publish`', server: 'bun', form: forms.webSocket, runtime: bun() ?? '' },
  pending: { name: 'naive long poll, waiting', server: 'pending', form: forms.pending },
  http: { name: 'bare `node:http`', server: 'http', form: forms.sse },
  plain: { name: '**Anywire** WebSocket, plain', server: 'anywire', form: forms.anywirePlain, ours: true },
  v1: { name: '**Anywire** WebSocket, `anywire.v1`', server: 'anywire', form: forms.anywireV1, ours: true },
  event: { name: '**Anywire** SSE', server: 'anywire', form: forms.anywireSse, ours: true },
  poll: { name: '**Anywire** durable long poll', server: 'anywire', form: forms.anywirePoll, ours: true },
  'plain-bun': {
    name: '**Anywire** WebSocket, plain, in Bun',
    server: 'anywire',
    form: forms.anywirePlain,
    runtime: bun() ?? '',
    ours: true,
  },
  request: { name: '**Anywire**', server: 'anywire', form: forms.anywireSse, ours: true },
}

/** Adds each of our rows once more, of an earlier build. @param {string} folder a checkout that is built */
export function addBefore(folder) {
  const args = [join(folder, 'dist/index.js')]
  for (const [key, peer] of Object.entries(peers))
    if (peer.ours) peers[`${key}-before`] = { ...peer, name: `${peer.name}, before`, args }
}

/** Where Bun is, on the PATH or among the packages here. */
function bun() {
  const beside = fileURLToPath(new URL('../node_modules/.bin', import.meta.url))
  const folders = [...(process.env.PATH ?? '').split(delimiter), beside]
  return folders.map((folder) => join(folder, 'bun')).find((file) => existsSync(file))
}

/** Those of `keys`, with their like before, that can run here and were asked for. @param {string[]} keys @param {Set<string> | undefined} only @returns {[string, Peer][]} */
export function chosen(keys, only) {
  return keys
    .flatMap((key) => [key, `${key}-before`])
    .filter((key) => key in peers)
    .filter((key) => !only || only.has(key))
    .filter((key) => peers[key].runtime !== '')
    .map((key) => [key, peers[key]])
}
