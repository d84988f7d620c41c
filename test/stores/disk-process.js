/**
 * A program that uses a disk store, driven by lines: `write`: one message after the other, each said when it is
 * acknowledged; `follow`: says what it is woken for; `read`: says what the channel holds.
 */
import { createInterface } from 'node:readline'
import { disk } from 'anywire/store/disk'

const [path = '', shared = ''] = process.argv.slice(2)
const say = (/** @type {unknown} */ what) => process.stdout.write(`${JSON.stringify(what)}\n`)

const config = {
  contentType: 'text/plain',
  evictable: false,
  retain: { messages: null, bytes: null, ageMs: null },
}

const store = await disk({ path, shared: shared === 'shared' }).catch(({ code, message }) => {
  say({ refused: code, message })
  process.exit(3)
})
store.watch((wake) => say({ wake: wake.kind }))
say({ open: true })

/** Publishes with a producer, so that what is sent again is stored once. */
async function write(/** @type {string} */ producer, /** @type {number} */ from) {
  for (let seq = from; ; seq++) {
    const messages = [{ data: Buffer.from(`${producer} ${seq}`) }]
    const options = { create: config, producer: { id: producer, epoch: 0, seq } }
    const appends = ['a', 'b'].map((channel) => store.append(channel, messages, options))
    const results = await Promise.all(appends).catch((error) => [{ kind: error.code }])
    say({ seq, kinds: results.map(({ kind }) => kind) })
    if (!results.every(({ kind }) => kind === 'appended' || kind === 'duplicate'))
      await new Promise((next) => setTimeout(next, 20))
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const [what, ...of] = line.split(' ')
  if (what === 'write') void write(String(of[0]), Number(of[1]))
  if (what === 'follow') {
    await store.follow(String(of[0]))
    say({ following: of[0] })
  }
  if (what === 'append')
    say(await store.append(String(of[0]), [{ data: Buffer.from(String(of[1])) }], { create: config }))
  if (what === 'close') {
    await store.close()
    process.exit(0)
  }
}
