/** Name patterns of rules: literal segments, `:name` for one segment, a final `*` for the rest. */
import { AnywireError } from '../protocol/error.js'
import { type ChannelName, checkName } from '../protocol/name.js'

/** The values of the pattern's names, if the channel matches it. */
export type Match = (channel: ChannelName) => Readonly<Record<string, string>> | undefined

const identifier = /^:[A-Za-z_][A-Za-z0-9_]*$/

/** @throws AnywireError `bad-request` with a sentence that says what is wrong with the pattern. */
export function compilePattern(pattern: string): Match {
  checkPattern(pattern)
  const segments = pattern.split('/')
  const rest = segments.at(-1) === '*'
  const fixed = rest ? segments.slice(0, -1) : segments
  const reserved = pattern.startsWith('$')
  return (channel) => {
    // Names that begin with "$" match only patterns that do.
    if (channel.startsWith('$') !== reserved) return undefined
    const given = channel.split('/')
    if (rest ? given.length <= fixed.length : given.length !== fixed.length) return undefined
    const params: Record<string, string> = Object.create(null)
    for (const [index, segment] of fixed.entries()) {
      const value = given[index] ?? ''
      if (segment.startsWith(':')) params[segment.slice(1)] = value
      else if (segment !== value) return undefined
    }
    if (rest) params.rest = given.slice(fixed.length).join('/')
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
