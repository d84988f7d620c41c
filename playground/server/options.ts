/** The options of `npm start`, and what is said of those that cannot be. */
import { parseArgs } from 'node:util'

const help = `Usage: npm start -- [options]

Serves the playground, to this machine alone unless an option says otherwise.

  --port <port>   port to listen on; 0 takes a free one (default: 8080)
  --host <host>   address to listen on (default: 127.0.0.1)
  --lan           serve the network that this machine is in, to whoever has scanned the code of the page
  --help          this text`

export interface PlaygroundOptions {
  readonly port: number
  readonly host: string
  readonly lan: boolean
}

/** Ends the process with a sentence for options that cannot be, and with the text for `--help`. */
export function readOptions(): PlaygroundOptions {
  const { help: wanted, port, ...others } = values()
  if (wanted) {
    console.log(help)
    process.exit(0)
  }
  const number = Number(port)
  if (!/^\d+$/.test(port) || number > 65_535) leave(`--port must be a whole number from 0 to 65535; it is "${port}".`)
  return { port: number, ...others }
}

function values() {
  try {
    return parseArgs({
      options: {
        port: { type: 'string', default: '8080' },
        host: { type: 'string', default: '127.0.0.1' },
        lan: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    }).values
  } catch (error) {
    // The sentence goes on with advice for names that begin with a dash.
    const [sentence] = (error instanceof Error ? error.message : String(error)).split('. ')
    return leave(`${sentence}. "npm start -- --help" lists the options.`)
  }
}

/** Why the server cannot listen. */
export function listenFault({ code, message }: NodeJS.ErrnoException, { port, host }: PlaygroundOptions): never {
  const why: Readonly<Record<string, string>> = {
    EADDRINUSE: `Port ${port} is in use: stop what listens there, or choose another one: npm start -- --port 8081`,
    EACCES: `Port ${port} is only for the administrator: choose one from 1024 up.`,
    EADDRNOTAVAIL: `This machine has no address ${host}: choose another one with --host.`,
    ENOTFOUND: `There is no host ${host}: choose an address with --host.`,
  }
  return leave(why[code ?? ''] ?? message)
}

function leave(sentence: string): never {
  console.error(`error: ${sentence}`)
  process.exit(1)
}
