/** Plain SSE of many channels: `GET <mount>?channel=a&channel=b`. PROTOCOL.md 3.4. */
import type { Connection } from '../../core/reading/connection.js'
import type { Opening } from '../../core/reading/delivery.js'
import { AnywireError } from '../../protocol/error.js'
import { opening as openingLines } from '../../protocol/event-stream.js'
import { manyStream, parsePositions, positionsBlock, tracedManyStream } from '../../protocol/many-stream.js'
import { type ChannelName, checkName } from '../../protocol/name.js'
import { type Offset, type Position, parsePosition } from '../../protocol/offset.js'
import { mayRead } from '../door/permission.js'
import type { Exchange } from '../http/exchange.js'
import { foreignPosition, lastEventIdOf } from '../http/last-event-id.js'
import { readingOptions } from '../http/reading-options.js'
import { asksTraces, single } from '../http/target.js'
import { lifeOf, openStream, retries, retryMs } from './open-stream.js'

const most = 100

export async function manyStreams(exchange: Exchange): Promise<void> {
  const { context, target } = exchange
  const names = channelsOf(target.query, context.limits.nameBytes)
  await open(exchange, names, readingOptions(target.query, manyStream))
}

async function open(
  exchange: Exchange,
  names: readonly ChannelName[],
  reading: ReturnType<typeof readingOptions>,
): Promise<void> {
  const { context, admission, target, request } = exchange
  for (const name of names) await mayRead(context, name, admission.principal)
  const turn = exchange.turn()
  if (turn) await turn
  const lastEventId = lastEventIdOf(request, target.query)
  const positionOf =
    lastEventId === undefined ? beginAt(target.query, names.length) : resumeFrom(lastEventId, names.length)
  const opened = await openAll(exchange, names, positionOf)
  if (lastEventId !== undefined && opened.every(isAtEnd)) {
    for (const { release } of opened) release()
    return exchange.empty(['Cache-Control', 'no-store'])
  }
  const positions = opened.map(
    ({ result }): Offset => (result.kind === 'page' ? result.from : result.kind === 'gap' ? result.to : ''),
  )
  begin(exchange, opened, positions, reading)
}

function begin(
  exchange: Exchange,
  opened: readonly Opening[],
  positions: Offset[],
  reading: ReturnType<typeof readingOptions>,
): void {
  const places = new Map(opened.map(({ log }, i) => [log.name, i]))
  let moved = false
  /** The positions of all channels, once for all writes of a turn, when there is room. */
  const tell = () => {
    if (!moved || connection.full) return
    moved = false
    connection.write(positionsBlock(positions))
  }
  const connection: Connection = openStream(exchange, manyStream, {
    opened,
    headers: ['Vary', 'Accept'],
    hooks: {
      ...retries,
      revoke: () => connection.cut(),
      ...lifeOf(exchange, [...places.keys()]),
    },
    events: {
      moved({ log, position }) {
        const place = places.get(log.name)
        if (place !== undefined) positions[place] = position
        if (moved) return
        moved = true
        setImmediate(tell)
      },
      writable: tell,
      ending: tell,
      left() {
        if (connection.subscriptions.size === 0) connection.close()
      },
    },
  })
  // The id does not change before a gap: a reader that is cut off before the gap was announced gets it again.
  const lost = opened.some(({ result }) => result.kind !== 'page')
  connection.write(openingLines(retryMs(), lost ? undefined : positions.join(',')))
  const framing = asksTraces(exchange.request) ? tracedManyStream : manyStream
  for (const opening of opened) {
    if (connection.closed) opening.release()
    else opening.start(connection, framing, reading)
  }
}

function channelsOf(query: URLSearchParams, nameBytes: number): ChannelName[] {
  const names = [...new Set(query.getAll('channel'))]
  if (names.length === 0) throw new AnywireError('bad-request', 'Name the channels to read: ?channel=a&channel=b.')
  if (names.length > most)
    throw new AnywireError(
      'bad-request',
      `One event stream carries at most ${most} channels; ${names.length} were named.`,
    )
  return names.map((name) => checkName(name, nameBytes))
}

/** All or none: the opened ones are released if one fails. */
async function openAll(
  exchange: Exchange,
  names: readonly ChannelName[],
  at: (i: number) => Position,
): Promise<Opening[]> {
  const tried = await Promise.allSettled(names.map(async (name, i) => exchange.context.open(name, at(i))))
  const opened = tried.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
  const failed = tried.find((one) => one.status === 'rejected')
  const gone = opened.find(({ result }) => result.kind === 'gone')
  if (failed === undefined && gone === undefined) return opened
  for (const { release } of opened) release()
  throw failed ? failed.reason : new AnywireError('gone', `The channel "${gone?.log.name}" was deleted.`)
}

type PositionOf = (i: number) => Position

/** One word for all, or the positions of a block of ids. */
function beginAt(query: URLSearchParams, count: number): PositionOf {
  const given = single(query, 'offset') ?? 'now'
  const known = parsePositions(given, count)
  if (known) return (i) => parsePosition(known[i] ?? 'now')
  const position = parsePosition(given)
  return () => position
}

/** Text that is no block of ids counts as a position of other logs. */
function resumeFrom(lastEventId: string, count: number): PositionOf {
  const known = parsePositions(lastEventId, count)
  return (i) => (known ? { kind: 'at', offset: known[i] ?? '' } : foreignPosition(lastEventId))
}

function isAtEnd({ result }: Opening): boolean {
  return result.kind === 'page' && result.info.closed && result.upToDate && result.messages.length === 0
}
