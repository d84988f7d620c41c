/** Name patterns of rules: literal segments, `:name` for one segment, a final `*` for the rest. */
import { AnywireError } from '../protocol/error.js'
import { type ChannelName, checkName } from '../protocol/name.js'

/** The values of the pattern's names, if the channel matches it. */
export type Match = (channel: ChannelName) => Readonly<Record<string, string>> | undefined

const identifier = /^:[A-Za-z_][A-Za-z0-9_]*$/

/** A pattern, read. */
export interface Pattern {
  readonly segments: readonly Segment[]
  /** It ends with "*", which stands for one segment or more. */
  readonly rest: boolean
  /** It begins with "$": names that do match only such patterns. */
  readonly reserved: boolean
}

export interface Segment {
  /** What must stand there; of a segment that may be anything, its name. */
  readonly text: string
  readonly any: boolean
}

/** @throws AnywireError `bad-request` with a sentence that says what is wrong with the pattern. */
export function readPattern(pattern: string): Pattern {
  checkPattern(pattern)
  const all = pattern.split('/')
  const rest = all.at(-1) === '*'
  const segments = (rest ? all.slice(0, -1) : all).map((text) =>
    text.startsWith(':') ? { text: text.slice(1), any: true } : { text, any: false },
  )
  return { segments, rest, reserved: pattern.startsWith('$') }
}

/** Whether a channel's name, split at each "/", matches the pattern. */
export function fits({ segments, rest, reserved }: Pattern, given: readonly string[]): boolean {
  if (given[0]?.startsWith('$') !== reserved) return false
  if (rest ? given.length <= segments.length : given.length !== segments.length) return false
  return segments.every(({ text, any }, index) => any || text === given[index])
}

/** @throws AnywireError as `readPattern`. */
export function compilePattern(text: string): Match {
  const pattern = readPattern(text)
  const { segments, rest } = pattern
  return (channel) => {
    const given = channel.split('/')
    if (!fits(pattern, given)) return undefined
    const params: Record<string, string> = Object.create(null)
    for (const [index, { text: name, any }] of segments.entries()) if (any) params[name] = given[index] ?? ''
    if (rest) params.rest = given.slice(segments.length).join('/')
    return params
  }
}

function checkPattern(pattern: string): void {
  try {
    checkName(pattern)
  } catch (cause) {
    throw wrong(pattern, `fits no channel: ${AnywireError.from(cause).message}`, cause)
  }
  const segments = pattern.split('/')
  const names = new Set<string>()
  for (const [index, segment] of segments.entries()) {
    const last = index === segments.length - 1
    if (segment === '*' && last) name(pattern, names, ':rest')
    else if (segment.includes('*')) throw wrong(pattern, 'may hold "*" only as its last segment, alone, as in "news/*"')
    else if (identifier.test(segment)) name(pattern, names, segment)
    else if (segment.startsWith(':'))
      throw wrong(
        pattern,
        `has the segment "${segment}": after ":" comes a name of letters, digits and "_", as in "chat/:room"`,
      )
  }
}

function name(pattern: string, names: Set<string>, segment: string): void {
  if (names.has(segment)) throw wrong(pattern, `names "${segment.slice(1)}" twice (a final "*" is named "rest")`)
  names.add(segment)
}

function wrong(pattern: string, what: string, cause?: unknown): AnywireError {
  return new AnywireError('bad-request', `The rule pattern ${JSON.stringify(pattern)} ${what}.`, { cause })
}
