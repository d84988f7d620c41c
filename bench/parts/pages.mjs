/** How soon the stylesheet of a page is there that takes 300 ms to make: with nothing, 103 Early Hints, Server Push. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { trustPlaces } from '../../dist/cli/trust-places.js'
import { makeAuthority, signLocalhost } from '../../dist/tls/certificate.js'
import { openLine } from '../load/line.mjs'
import { openClients } from '../load/page-clients.mjs'
import { start } from '../servers/start.mjs'
import { median, number, table } from '../table.mjs'

const lineMs = 50

/** @param {{ rounds: number, flags: string[] }} options */
export async function pages({ rounds, flags }) {
  const folder = await certified()
  const server = await start('pages', { flags, args: [folder] })
  const line = await openLine(server.port, lineMs)
  const clients = await openClients(folder)
  const measured = clients.map((client) => {
    /** @type {{ nothing: number[], ahead: number[] }} */
    const times = { nothing: [], ahead: [] }
    return { client, times, push: '' }
  })
  for (let round = 0; round < rounds; round++) {
    for (const row of measured) {
      for (const way of /** @type {const} */ (['nothing', 'ahead'])) {
        const { styleMs, push } = await row.client.open(`https://127.0.0.1:${line.port}/${way}`)
        row.push = push
        row.times[way].push(styleMs)
      }
    }
  }
  await Promise.all(clients.map((client) => client.close()))
  line.close()
  await server.stop()
  rmSync(folder, { recursive: true })
  const lines = measured.map(({ client, times, push }) => {
    const told = number(median(times.ahead))
    return [
      client.name,
      number(median(times.nothing)),
      client.hints ? told : 'not used',
      push === 'on' ? told : 'turned off',
    ]
  })
  const note = `Milliseconds from asking for a page until its stylesheet is there, over HTTP/2 and TLS and a line of ${2 * lineMs} ms there and back; the page takes 300 ms to make. Median of ${rounds} visits, each on a connection of its own; the ways take turns. Chromium counts what it was told of from where the page uses it.`
  return table('Pages', note, ['client', 'nothing', '103 Early Hints', 'Server Push'], lines)
}

/** A folder with a certificate for localhost; as a home of Chromium it believes who has signed it. */
async function certified() {
  const folder = mkdtempSync(join(tmpdir(), 'anywire-pages-'))
  const authority = await makeAuthority()
  const { key, cert } = await signLocalhost(authority)
  const ca = join(folder, 'ca.pem')
  for (const [name, text] of Object.entries({ 'key.pem': key, 'cert.pem': cert, 'ca.pem': authority.cert }))
    writeFileSync(join(folder, name), text)
  const [chromium] = trustPlaces(ca, folder, 'linux')
  if (!chromium?.add.every(({ run }) => run())) throw new Error('certutil is missing: install libnss3-tools.')
  return folder
}
