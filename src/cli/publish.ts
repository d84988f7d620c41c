/** `anywire publish`: one message, or one per line of the input, each stored once however often it had to be sent. */
import { randomUUID } from 'node:crypto'
import { createInterface } from 'node:readline'
import { Command } from 'commander'
import { AnywireError, type ChannelName, mediaType } from '../protocol/index.js'
import { pause } from './backoff.js'
import { batches, type Line } from './lines.js'
import { authorization, channelUrl, checkJson, type HubAddress, tokenOption, urlOption } from './options.js'
import { printable } from './printable.js'
import { nobodyThere, request } from './request.js'

interface PublishOptions extends HubAddress {
  readonly event?: string
  readonly key?: string
  readonly type: string
}

/** How long a message is tried before giving up. */
const patienceMs = 60_000
/** How long one try may take. */
const answerMs = 30_000

export const publishCommand = new Command('publish')
  .description('Publish one message, or one for each line of the standard input.')
  .argument('<channel>', 'name of the channel, e.g. chat/7')
  .argument('[data]', 'the message; without it each line of the input is one. Empty, with --key: removes the key')
  .option('--event <name>', 'name of the event, as event streams know it')
  .option('--key <key>', 'key of the message')
  .option('--type <type>', 'content type of the channel', 'application/json')
  .addOption(urlOption())
  .addOption(tokenOption())
  .addHelpText('after', '\nPrints what the server replies, or else the offset after a message given as argument.')
  .action(publish)

async function publish(channel: ChannelName, data: string | undefined, options: PublishOptions): Promise<void> {
  const post = poster(channelUrl(options.url, channel), options)
  const isJson = mediaType(options.type) === 'application/json'
  if (data !== undefined) {
    const { reply, offset } = await post(bodyOf(data, options, isJson))
    console.log(printable(reply ?? offset))
    return
  }
  const input = createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY })
  for await (const batch of batches(input, isJson ? undefined : 1)) await publishLines(batch, isJson, post)
}

function bodyOf(data: string, { key }: PublishOptions, isJson: boolean): string {
  if (data === '' && key !== undefined) return ''
  return isJson ? `[${checkJson(data, 'The message')}]` : data
}

/**
 * Several lines leave as one JSON array, which is stored whole; what stands before a line that is no JSON is published
 * first.
 */
async function publishLines(lines: readonly Line[], isJson: boolean, post: Post): Promise<void> {
  const good: string[] = []
  let bad: unknown
  for (const { text, number } of lines) {
    try {
      good.push(isJson ? checkJson(text, `Line ${number}`) : text)
    } catch (error) {
      bad = error
      break
    }
  }
  if (good.length > 0) {
    const { reply } = await post(isJson ? `[${good.join(',')}]` : good.join(''))
    if (reply !== undefined) console.log(printable(reply))
  }
  if (bad !== undefined) throw bad
}

interface Answer {
  /** What the rule's `receive` returned, as JSON. */
  readonly reply: string | undefined
  readonly offset: string
}
type Post = (body: string) => Promise<Answer>

/** Numbers what it sends, so that a message sent again after a lost answer is stored once. */
function poster(url: URL, { event, key, type, token }: PublishOptions): Post {
  const headers: Record<string, string> = {
    'content-type': type,
    'producer-id': randomUUID(),
    'producer-epoch': '0',
    ...authorization(token),
    ...(event !== undefined && { 'message-event': encodeURIComponent(event) }),
    ...(key !== undefined && { 'message-key': encodeURIComponent(key) }),
  }
  let seq = 0
  return async (body) => {
    const numbered = { ...headers, 'producer-seq': String(seq) }
    const response = await persist(seq > 0, () =>
      request(url, { method: 'POST', headers: numbered, body, signal: AbortSignal.timeout(answerMs) }),
    )
    seq++
    const text = await response.text()
    return { reply: text === '' ? undefined : text, offset: response.headers.get('stream-next-offset') ?? '' }
  }
}

/** Tries again for a while what may succeed later. Nobody listening where nobody has answered yet is final. */
async function persist(answered: boolean, attempt: () => Promise<Response>): Promise<Response> {
  const until = Date.now() + patienceMs
  for (let failures = 0; ; failures++) {
    try {
      return await attempt()
    } catch (thrown) {
      const error = AnywireError.from(thrown)
      if (error.meaning.retry !== 'later' || Date.now() > until || (!answered && nobodyThere(error))) throw error
      await pause(failures, error)
    }
  }
}
