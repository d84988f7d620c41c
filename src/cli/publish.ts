/** `anywire publish`: one message, or one per line of the input, each stored once however often it had to be sent. */
import { createInterface } from 'node:readline'
import { Command } from 'commander'
import type { Acknowledgement } from '../client/outbox.js'
import { AnywireError, type ChannelName, checkName, kindOf } from '../protocol/index.js'
import { greet, isFinal, request } from './greeting.js'
import { batches, type Line } from './lines.js'
import { authorization, channelUrl, checkJson, tokenOption, urlOption } from './options.js'
import { type Data, Post, type PostOptions } from './post.js'
import { printable } from './printable.js'

interface PublishOptions extends PostOptions {
  readonly type?: string
}

export const publishCommand = new Command('publish')
  .description('Publish one message, or one for each line of the standard input.')
  .argument('<channel>', 'name of the channel, e.g. chat/7')
  .argument('[data]', 'the message; without it each line of the input is one. Empty, with --key: removes the key')
  .option('--event <name>', 'name of the event, as event streams know it')
  .option('--key <key>', 'key of the message')
  .option('--type <type>', 'content type of the channel (default: application/json)')
  .addOption(urlOption())
  .addOption(tokenOption())
  .addHelpText('after', '\nPrints what the server replies, or else the offset after a message given as argument.')
  .action(publish)

async function publish(name: ChannelName, data: string | undefined, options: PublishOptions): Promise<void> {
  const channel = checkName(name)
  const read = readerOf(options)
  const message = data === undefined || removesKey(data, options) ? undefined : read(data, 'The message')
  // What is sent goes to where the user has said, or nowhere: the client follows redirects.
  await greet(options).catch(throwFinal)
  if (options.type !== undefined) await createAs(options.type, channel, options)
  const post = new Post(channel, options)
  try {
    if (data !== undefined) return print(await post.send(message), (answer) => answer.offset ?? '')
    const input = createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY })
    for await (const batch of batches(input)) await publishLines(batch, read, post)
  } finally {
    await post.close()
  }
}

function throwFinal(error: AnywireError): void {
  if (isFinal(error)) throw error
}

function removesKey(data: string, { key }: PublishOptions): boolean {
  return data === '' && key !== undefined
}

type ReadData = (text: string, what: string) => Data

/** By the type of the channel. */
function readerOf({ type = 'application/json' }: PublishOptions): ReadData {
  const kind = kindOf(type)
  if (kind === 'json') return checkJson
  return (text) => (kind === 'text' ? JSON.stringify(text) : Buffer.from(text))
}

/**
 * Frames name no type, so that a channel that is not there yet is created with it first. Where only PUT creates, it has
 * to be there.
 */
async function createAs(type: string, channel: ChannelName, options: PublishOptions): Promise<void> {
  const url = channelUrl(options.url, channel)
  const headers = authorization(options.token)
  const here = new URL(url)
  here.searchParams.set('offset', 'now')
  await request(here, { headers }).catch((error: AnywireError) => {
    // Who may publish may not have the right to read.
    if (error.code !== 'forbidden') throw error
  })
  await request(url, { method: 'PUT', headers: { ...headers, 'content-type': type } })
}

/**
 * The lines are sent without waiting for one another. What stands before a line that is no JSON is published first.
 */
async function publishLines(lines: readonly Line[], read: ReadData, post: Post): Promise<void> {
  const sent: Promise<Acknowledgement>[] = []
  let bad: unknown
  for (const { text, number } of lines) {
    try {
      sent.push(post.send(read(text, `Line ${number}`)))
    } catch (error) {
      bad = error
      break
    }
  }
  const answers = await Promise.allSettled(sent)
  const refused = answers.findIndex(({ status }) => status === 'rejected')
  for (const answer of answers) if (answer.status === 'fulfilled') print(answer.value)
  const refusal = answers[refused]
  if (refusal?.status === 'rejected') throw lineError(AnywireError.from(refusal.reason), lines[refused])
  if (bad !== undefined) throw bad
}

function lineError(error: AnywireError, line: Line | undefined): AnywireError {
  return new AnywireError(error.code, `Line ${line?.number}: ${error.message}`, { cause: error })
}

/** The reply of the rule's `receive`, or what `otherwise` says. */
function print(answer: Acknowledgement, otherwise: (answer: Acknowledgement) => string | undefined = () => undefined) {
  const text = answer.reply === undefined ? otherwise(answer) : JSON.stringify(answer.reply)
  if (text !== undefined) console.log(printable(text))
}
