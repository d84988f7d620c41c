/** `anywire tail`: prints the messages of a channel, going on where it was whenever its connection or transport is lost. */
import { Command, Option } from 'commander'
import { AnywireError, type ChannelName, checkName, type ServerFrame } from '../protocol/index.js'
import { pause } from './backoff.js'
import { type HubAddress, readPosition, tokenOption, urlOption, wholeNumber } from './options.js'
import { printable } from './printable.js'
import { Printer } from './printer.js'
import type { FrameSource, TailReading } from './reading.js'
import { nobodyThere } from './request.js'
import { pollFrames } from './tail-poll.js'
import { socketFrames } from './tail-socket.js'
import { streamFrames } from './tail-stream.js'

interface TailOptions extends HubAddress {
  readonly from: string
  readonly transport: 'auto' | TailTransport
  readonly json?: true
  readonly count?: number
}

const sources = { websocket: socketFrames, sse: streamFrames, poll: pollFrames } satisfies Record<string, FrameSource>
type TailTransport = keyof typeof sources
const transports = Object.keys(sources) as TailTransport[]

export const tailCommand = new Command('tail')
  .description('Print the messages of a channel as they come, one per line.')
  .argument('<channel>', 'name of the channel, e.g. chat/7')
  .option('--from <position>', 'start, now, snapshot, last-N or an offset', readPosition, 'now')
  .addOption(
    new Option('--transport <transport>', 'what to read over').choices(['auto', ...transports]).default('auto'),
  )
  .option('--json', 'print whole messages: offset, data, event and key')
  .option('--count <n>', 'end after so many messages', wholeNumber(1, Number.MAX_SAFE_INTEGER))
  .addOption(urlOption())
  .addOption(tokenOption())
  .addHelpText('after', '\nGaps and reconnections are told on the standard error output.')
  .action(tail)

async function tail(channel: ChannelName, options: TailOptions): Promise<void> {
  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort())
  const { url, token, from: offset } = options
  const reading: TailReading = { url, token, channel: checkName(channel), offset, signal: stop.signal }
  const printer = new Printer(options, () => stop.abort())
  try {
    await readOn(reading, printer, options.transport === 'auto' ? transports : [options.transport])
  } catch (error) {
    if (!stop.signal.aborted) throw error
  }
}

/**
 * Reads until the channel is closed. A transport that does not come up is followed by the next, one that was lost is
 * tried again.
 */
async function readOn(reading: TailReading, printer: Printer, order: readonly TailTransport[]): Promise<void> {
  let failures = 0
  let everOpen = false
  for (let at = 0; ; ) {
    const { error, opened } = await readOver(sources[order[at % order.length]!], reading, printer)
    if (!error) return
    everOpen ||= opened
    if (opened) failures = 0
    else at++
    // Whatever refused the first transport may be a proxy, so the last one decides.
    if (!opened && at % order.length !== 0) continue
    if (error.meaning.retry !== 'later' || (!everOpen && nobodyThere(error))) throw error
    if (opened) console.error(printable(`disconnected: ${error.message} Going on from ${reading.offset}.`))
    await pause(failures++, error, reading.signal)
  }
}

/** Answers why it ended; without an error the channel is closed and read to its end. */
async function readOver(
  source: FrameSource,
  reading: TailReading,
  printer: Printer,
): Promise<{ error?: AnywireError; opened: boolean }> {
  let opened = false
  try {
    for await (const frame of source(reading)) {
      if (frame.type === 'closed') return { opened }
      opened ||= frame.type === 'subscribed'
      await take(frame, reading, printer)
    }
    return { error: new AnywireError('timeout', `${reading.url.origin} ended the connection.`), opened }
  } catch (thrown) {
    reading.signal.throwIfAborted()
    return { error: AnywireError.from(thrown), opened }
  }
}

async function take(frame: ServerFrame, reading: TailReading, printer: Printer): Promise<void> {
  switch (frame.type) {
    case 'subscribed':
      printer.contentType = frame.contentType
      // A snapshot that was cut off before its first message has to begin again as one.
      if (reading.offset !== 'snapshot') reading.offset = frame.offset
      return
    case 'messages':
      for (const message of frame.messages) {
        await printer.message(message)
        reading.offset = message.offset
      }
      return
    case 'gap': {
      const missed = frame.missed === undefined ? 'messages' : `${frame.missed} messages`
      console.error(printable(`gap: ${missed} missed (${frame.reason}) between ${frame.from} and ${frame.to}`))
      reading.offset = frame.to
      return
    }
    case 'drain':
      throw new AnywireError('draining', 'The server is leaving.', { details: { retryMs: frame.retryMs } })
    case 'error':
      throw new AnywireError(frame.code, frame.message, { details: frame })
  }
}
