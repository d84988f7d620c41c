/** `--log`: one line for each decision worth a question, as JSON or for people. */
import { pino } from 'pino'
import type { AnywireError, HubEvent } from '../index.js'
import { printable } from './printable.js'

/** What is written: an event of the hub, of the process, or an error. */
export type Entry =
  | HubEvent
  | { readonly event: 'listening' | 'leaving' | 'left' | 'notice'; readonly sentence: string }
  | { readonly event: 'error'; readonly code: string; readonly sentence: string; readonly cause: string | undefined }

export interface Log {
  write(entry: Entry): void
  /** What `onError` is told. */
  failed(error: AnywireError): void
}

/** Lines of one kind in a second. What is more is counted, and told with the next line of that kind. */
const perSecond = 10

const warnings: ReadonlySet<string> = new Set(['gap', 'stalled', 'store-down'])

type Level = 'info' | 'warn' | 'error'

function levelOf({ event }: Entry): Level {
  if (event === 'error') return 'error'
  return warnings.has(event) ? 'warn' : 'info'
}

export interface LogOptions {
  readonly kind: 'json' | 'pretty'
  /** Writes one line, with its end. @default to the standard output */
  readonly out?: ((line: string) => void) | undefined
  /** Milliseconds since 1970. @default Date.now */
  readonly now?: (() => number) | undefined
}

export function createLog({ kind, out = (line) => void process.stdout.write(line), now = Date.now }: LogOptions): Log {
  const spell = kind === 'json' ? jsonWriter(out, now) : prettyWriter(out, now)
  const sample = sampler(now)
  const write = (entry: Entry) => {
    const leftOut = sample(entry.event)
    if (leftOut !== undefined) spell(entry, leftOut)
  }
  return {
    write,
    failed({ code, message, cause }) {
      write({ event: 'error', code, sentence: message, cause: cause instanceof Error ? cause.stack : undefined })
    },
  }
}

/** How many were left out before this one; undefined: it is left out too. */
function sampler(now: () => number): (event: string) => number | undefined {
  const kinds = new Map<string, { second: number; lines: number; leftOut: number }>()
  return (event) => {
    const second = Math.floor(now() / 1_000)
    const kind = kinds.get(event) ?? { second, lines: 0, leftOut: 0 }
    kinds.set(event, kind)
    if (kind.second !== second) {
      kind.second = second
      kind.lines = 0
    }
    if (++kind.lines > perSecond) {
      kind.leftOut++
      return undefined
    }
    const { leftOut } = kind
    kind.leftOut = 0
    return leftOut
  }
}

type Spell = (entry: Entry, leftOut: number) => void

function jsonWriter(out: (line: string) => void, now: () => number): Spell {
  const time = () => `,"time":"${new Date(now()).toISOString()}"`
  const formatters = { level: (label: string) => ({ level: label }), bindings: () => ({}) }
  const logger = pino({ base: null, timestamp: time, formatters }, { write: out })
  return (entry, leftOut) => logger[levelOf(entry)](leftOut === 0 ? entry : { ...entry, leftOut })
}

function prettyWriter(out: (line: string) => void, now: () => number): Spell {
  return ({ event, ...facts }, leftOut) => {
    const time = new Date(now()).toISOString().slice(11, 23)
    const all = Object.entries(leftOut === 0 ? facts : { ...facts, leftOut }).filter(([, value]) => value !== undefined)
    const words = all.map(([name, value]) => (name === 'sentence' ? String(value) : `${name}=${String(value)}`))
    out(`${printable([time, event, ...words].join(' ').replaceAll('\n', ' | '))}\n`)
  }
}
