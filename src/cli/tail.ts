/** `anywire tail`: prints the messages of a channel, going on where it was when its connection is lost. */
import { Command, InvalidArgumentError, Option } from 'commander'
import type { Item } from '../client/item.js'
import { type Transport, transports as usable } from '../client/link.js'
import type { FromCore } from '../client/port.js'
import { type AnywireError, type ChannelName, checkName } from '../protocol/index.js'
import { nearestName } from '../protocol/nearest.js'
import { HubClient } from './hub-client.js'
import { type HubAddress, readPosition, tokenOption, urlOption, wholeNumber } from './options.js'
import { printable } from './printable.js'
import { Printer } from './printer.js'

interface TailOptions extends HubAddress {
  readonly from: string
  readonly transport: readonly Transport[]
  readonly json?: true
  readonly count?: number
}

/** By what `--transport` calls them: as the client does, and as URLs do. */
const transports: Readonly<Record<string, readonly Transport[]>> = {
  auto: usable,
  websocket: ['websocket'],
  stream: ['stream'],
  sse: ['stream'],
  poll: ['poll'],
  'long-poll': ['poll'],
}

function readTransport(name: string): readonly Transport[] {
  const found = Object.hasOwn(transports, name) ? transports[name] : undefined
  if (found) return found
  const names = Object.keys(transports)
  const meant = nearestName(name, names)
  throw new InvalidArgumentError(meant ? `Did you mean "${meant}"?` : `It is none of ${names.join(', ')}.`)
}

export const tailCommand = new Command('tail')
  .description('Print the messages of a channel as they come, one per line.')
  .argument('<channel>', 'name of the channel, e.g. chat/7')
  .option('--from <position>', 'start, now, snapshot, last-N or an offset', readPosition, 'now')
  .addOption(
    new Option('--transport <name>', 'what to read over: websocket, stream (or sse), poll (or long-poll)')
      .argParser(readTransport)
      .default(usable, 'the best that comes through'),
  )
  .option('--json', 'print whole messages: offset, data, event and key')
  .option('--count <n>', 'end after so many messages', wholeNumber(1, Number.MAX_SAFE_INTEGER))
  .addOption(urlOption())
  .addOption(tokenOption())
  .addHelpText('after', '\nGaps and reconnections are told on the standard error output.')
  .action(tail)

async function tail(name: ChannelName, options: TailOptions): Promise<void> {
  const channel = checkName(name)
  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort())
  const reading = new Reading(options, stop)
  const { client } = new HubClient({
    ...options,
    transports: options.transport,
    seen: (message) => reading.see(message),
  })
  const { from } = options
  const failing = (error: AnywireError) => console.error(printable(`waiting: ${error.message}`))
  try {
    for await (const item of client.subscribe(channel, { from, failing, signal: stop.signal })) {
      await reading.take(item as Item<string | Uint8Array | undefined>)
      if (stop.signal.aborted) break
    }
  } finally {
    await client.close()
  }
}

/** Where the command stands in the channel, and what it tells of that. */
class Reading {
  readonly #printer: Printer
  /** Everything up to here is printed. */
  #position: string
  #isOpen = false

  constructor(options: TailOptions, stop: AbortController) {
    this.#printer = new Printer(options, stop)
    this.#position = options.from
  }

  /** Tells of a lost connection, once. */
  see(message: FromCore): void {
    if (message.type === 'subscribed') {
      this.#printer.contentType = message.contentType
      this.#position = message.offset
    }
    if (message.type !== 'state') return
    const { state, error } = message
    if (this.#isOpen && state === 'waiting')
      console.error(printable(`disconnected: ${error?.message} Going on from ${this.#position}.`))
    this.#isOpen = state === 'open'
  }

  async take(item: Item<string | Uint8Array | undefined>): Promise<void> {
    if (item.kind === 'message') await this.#printer.message(item)
    else console.error(printable(item.kind === 'gap' ? gapOf(item) : `problem: ${item.error.message}`))
    this.#position = item.kind === 'gap' ? item.to : item.offset
  }
}

function gapOf({ missed, reason, from, to }: Extract<Item, { kind: 'gap' }>): string {
  return `gap: ${missed === undefined ? '' : `${missed} `}messages missed (${reason}) between ${from} and ${to}`
}
