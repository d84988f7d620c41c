/** The record of a channel as it is written: with every append, so it is small. */
import type { Origin } from '../rules/config.js'
import type { DiskConfigs } from './configs.js'
import { Place } from './place.js'
import type { ChannelRecord } from './record.js'

/**
 * Most of it are differences, which are small numbers. As an array of them a record has some 50 bytes, so that a commit
 * which writes to many channels changes few pages.
 */
export type PackedRecord = readonly [
  ...[id: number, config: number | string, birthMicros: number],
  /** From the birth on. */
  ...[floorMicros: number, floorNumber: number, headMicros: number],
  /** From the floor on; from that of the head on. */
  ...[headNumber: number, micros: number],
  /** From when it was used backwards. */
  ...[usedAt: number, cameAt: number],
  ...[bytes: number, weight: number],
  /** From the floor backwards. */
  swept: number,
  ...[keys: number, producers: number, uses: number, closed: 0 | 1, emptyAt: number],
  ...rest: [] | [seq: string | null, origin: Origin | null],
]

export function packRecord(record: ChannelRecord, configs: DiskConfigs): PackedRecord {
  const { id, birth, floor, head, micros, cameAt, bytes, weight, swept, keys, producers, uses } = record
  const { closed, emptyAt, seq, origin, usedAt } = record
  const { micros: from } = birth
  const { micros: to } = head
  const { number: first } = floor
  // biome-ignore format: as the type above
  const packed = [
    id, configs.spell(record.config), from,
    floor.micros - from, first, to - from,
    head.number - first, micros - to,
    usedAt, usedAt - cameAt,
    bytes, weight,
    first - swept,
    keys, producers, uses, closed ? 1 : 0, emptyAt,
  ] as const
  return seq === undefined && origin === undefined ? packed : [...packed, seq ?? null, origin ?? null]
}

// It names each place: an object of spread parts is made ten times more slowly.
export function unpackRecord(packed: PackedRecord, configs: DiskConfigs): ChannelRecord {
  const [birth, first, usedAt] = [packed[2], packed[4], packed[8]]
  const head = birth + packed[5]
  return {
    id: packed[0],
    config: configs.read(packed[1]),
    birth: new Place(birth, 0),
    floor: new Place(birth + packed[3], first),
    head: new Place(head, first + packed[6]),
    micros: head + packed[7],
    usedAt,
    cameAt: usedAt - packed[9],
    bytes: packed[10],
    weight: packed[11],
    swept: first - packed[12],
    keys: packed[13],
    producers: packed[14],
    uses: packed[15],
    closed: packed[16] === 1,
    emptyAt: packed[17],
    seq: packed[18] ?? undefined,
    origin: packed[19] ?? undefined,
  }
}
