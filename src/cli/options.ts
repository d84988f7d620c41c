/** Options that commands share, and how the values of options are read. */
import { InvalidArgumentError, Option } from 'commander'
import { AnywireError, type ChannelName, checkName } from '../protocol/index.js'
import { parsePosition } from '../protocol/offset.js'

/** Where the hub is and who asks. */
export interface HubAddress {
  readonly url: URL
  readonly token?: string | undefined
}

const defaultUrl = 'http://127.0.0.1:8080/channels'

export const urlOption = (): Option =>
  new Option('--url <url>', 'where the hub is mounted')
    .env('ANYWIRE_URL')
    .default(new URL(defaultUrl), defaultUrl)
    .argParser(readUrl)

export const tokenOption = (): Option =>
  new Option('--token <token>', 'credential, sent as a bearer token').env('ANYWIRE_TOKEN')

export function readUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
    throw new InvalidArgumentError('It is no URL that begins with http:// or https://.')
  }
  return url
}

/** Reads a whole number from `least` to `most`. */
export function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const number = Number(text)
    if (/^\d+$/.test(text) && number >= least && number <= most) return number
    throw new InvalidArgumentError(`It is no whole number from ${least} to ${most}.`)
  }
}

/** Reads `start`, `now`, `snapshot`, `last-N` or an offset as a hub knows it. */
export function readPosition(text: string): string {
  const offset = text === 'start' ? '-1' : text
  try {
    parsePosition(offset)
    return offset
  } catch {
    throw new InvalidArgumentError('It is none of start, now, snapshot, last-N and an offset.')
  }
}

/** The URL of the mount path itself: without a slash at its end, a query or a hash. */
export function mountUrl({ origin, pathname }: URL): URL {
  return new URL(pathname.replace(/\/+$/, ''), origin)
}

/** The URL of a channel below the mount path. */
export function channelUrl(base: URL, channel: ChannelName): URL {
  const url = new URL(base)
  const name = checkName(channel).split('/').map(encodeURIComponent).join('/')
  url.pathname = `${base.pathname.replace(/\/+$/, '')}/${name}`
  return url
}

export function authorization(token: string | undefined): Record<string, string> {
  return token === undefined ? {} : { authorization: `Bearer ${token}` }
}

/** Parses JSON, or says of what it is none. */
export function checkJson(text: string, what: string): string {
  if (text.startsWith('\ufeff')) {
    throw new AnywireError(
      'bad-request',
      `${what} begins with a byte order mark (U+FEFF), which JSON must not have: save it as UTF-8 without one.`,
    )
  }
  try {
    JSON.parse(text)
    return text
  } catch (cause) {
    const given = JSON.stringify(text.slice(0, 40))
    // To cmd.exe a single quote is a letter like any other.
    const advice = text.startsWith("'")
      ? 'in cmd.exe write "{\\"a\\":1}", in double quotes.'
      : 'put a string in double quotes, or send it with --type text/plain.'
    throw new AnywireError('bad-request', `${what} is not JSON: ${given}; ${advice}`, { cause })
  }
}
