/** `anywire doctor`: what stands between a user's machine and a hub, and which lines of configuration mend it. */
import { Argument, Command } from 'commander'
import { examine, type Report } from './doctor/examine.js'
import { type Fault, mend } from './doctor/mend.js'
import { channelUrl, readUrl, tokenOption, wholeNumber } from './options.js'
import { printable } from './printable.js'

interface DoctorOptions {
  readonly token?: string
  readonly channel?: string
  readonly idle?: number
  readonly patience: number
  readonly insecure?: true
  readonly json?: true
}

/** Reading never creates a channel, so this one need not exist. */
const nobodys = 'anywire-doctor'

export const doctorCommand = new Command('doctor')
  .description(
    'Say what stands between this machine and a hub: which transports come through, how soon, and what mends ' +
      'those that do not.',
  )
  .addArgument(new Argument('<url>', 'where the hub is mounted, e.g. https://host/channels').argParser(readUrl))
  .option('--channel <name>', 'publish some messages to this channel, and follow them over every transport')
  .option(
    '--idle <s>',
    'how long to keep silent at most, to see what is cut; 0 leaves it out (default: a heartbeat, 20 s)',
    wholeNumber(0, 3_600),
  )
  .option('--patience <s>', 'how long a first byte may take', wholeNumber(1, 60), 3)
  .option('--insecure', 'take any certificate')
  .option('--json', 'print what was found as JSON')
  .addOption(tokenOption())
  .addHelpText(
    'after',
    `
Without --channel nothing is published and nothing created: the channel "${nobodys}" is read, which need not
exist. If the hub lets this reader read no such channel, what is left are requests on the mount path; name a
channel that it may read.
With --channel about ten messages (strings, in case of trouble up to 64 KiB of them) are published to a real
channel. That shows what reading alone cannot: how late messages come, how many bytes are held back, what comes
twice, and whether polls are shared or wait for one another.

Exits with 1 if something is broken. The lines it names are those of examples/proxies.`,
  )
  .action(doctor)

async function doctor(base: URL, options: DoctorOptions): Promise<void> {
  const { channel = nobodys, token, idle, patience, insecure } = options
  if (options.json === undefined && idle !== 0 && process.stderr.isTTY)
    console.error(`This takes about ${(idle ?? 22) + 5} s.`)
  const report = await examine({
    base,
    channel: channelUrl(base, channel),
    channelName: channel,
    publish: options.channel !== undefined,
    token,
    insecure: insecure ?? false,
    patienceMs: patience * 1_000,
    idleMs: idle === undefined ? undefined : idle * 1_000,
  })
  console.log(printable(options.json ? JSON.stringify(asJson(report), undefined, 2) : spelt(report)))
  if (isBroken(report)) process.exitCode = 1
}

const marks = { ok: '✓', broken: '✗', note: '–' }

function spelt(report: Report): string {
  const { url, front, findings } = report
  const width = Math.max(...findings.map(({ name }) => name.length))
  const who = front.proxy ?? (front.seen === undefined ? 'nothing that says so' : 'something')
  const mended = mendings(report)
  return [
    `${url}, behind ${who}${front.seen === undefined ? '' : ` (${front.seen})`}`,
    '',
    ...findings.map(({ name, state, sentence }) => `${marks[state]} ${name.padEnd(width)}  ${sentence}`),
    ...(isBroken(report) ? [] : ['', 'Nothing is broken.']),
    ...(mended.length > 0 ? ['', 'What mends it:'] : []),
    ...mended.flatMap(({ fault, lines }) => [`  ${fault}`, ...lines.map((line) => `    ${line}`)]),
  ].join('\n')
}

function asJson(report: Report): object {
  return { ...report, broken: isBroken(report), mend: mendings(report) }
}

function mendings({ findings, front }: Report): { fault: Fault; lines: string[] }[] {
  const faults = new Set(findings.flatMap(({ fault }) => (fault === undefined ? [] : [fault])))
  return [...faults].map((fault) => ({ fault, lines: mend(fault, front) }))
}

function isBroken({ findings }: Report): boolean {
  return findings.some(({ state }) => state === 'broken')
}
