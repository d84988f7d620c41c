/** `anywire trust`: lets this machine's browsers and programs believe the certificate of `anywire serve --tls`. */
import { Command } from 'commander'
import { authorityFiles } from '../tls/local-certificate.js'
import { type Place, trustPlaces } from './trust-places.js'

interface TrustOptions {
  readonly remove?: boolean
}

export const trustCommand = new Command('trust')
  .description('Trust the local certificate authority in the browsers of this user and, as root, on this machine.')
  .option('--remove', 'trust it no longer')
  .addHelpText(
    'after',
    `
The authority is made once and kept in this user's data folder. It can sign for localhost and the loopback
addresses, and nothing else.
What cannot be done without asking is not done: the commands for it are shown.`,
  )
  .action(trust)

async function trust({ remove = false }: TrustOptions): Promise<void> {
  const { cert } = await authorityFiles()
  console.log(`authority: ${cert}`)
  for (const place of trustPlaces(cert)) say(place, remove)
  if (remove) return
  console.log(`Node:      NODE_EXTRA_CA_CERTS=${cert} node …`)
  console.log(`curl:      curl --cacert ${cert} https://localhost:8080/channels/news`)
}

function say(place: Place, remove: boolean): void {
  const { name } = place
  const commands = remove ? place.remove : place.add
  const left = place.mayBeChanged ? commands.filter((command) => !command.run()) : commands
  if (left.length === 0) {
    console.log(`${remove ? 'removed' : 'trusted'}:   ${name}`)
    return
  }
  console.log(`not done:  ${name}${place.why ? `, ${place.why}` : ''}. Run:`)
  for (const { text } of left) console.log(`  ${text}`)
}
