/** Mutants of the store on NATS: what nodes, lost answers and lost streams must not do to a log. */

const contract = 'test/stores/nats/contract.test.ts'
const details = 'test/stores/nats/details.test.ts'
const losses = 'test/stores/nats/losses.test.ts'
const refusals = 'test/stores/nats/refusals.test.ts'

/** @type {readonly import('./list.js').Mutant[]} */
export const nats = [
  {
    name: 'a frame is stored whatever the newest one is',
    file: 'src/stores/nats/jetstream.ts',
    search: "const headers = { 'Nats-Expected-Last-Subject-Sequence': String(expected) }",
    replace: 'const headers = {}',
    tests: [contract, details],
  },
  {
    name: 'a node refuses by what it knew before',
    file: 'src/stores/nats/writer.ts',
    search: 'if (isFresh && (isConfirmed || !stream.isReplicated)) return answers',
    replace: 'return answers',
    tests: [details],
  },
  {
    name: 'an append whose answer is lost is not known again',
    file: 'src/stores/nats/writer.ts',
    search: 'if (frame.nonce === nonce) return',
    replace: "if (frame.nonce === '') return",
    tests: [details],
  },
  {
    name: 'an append whose answer is lost is taken for not stored',
    file: 'src/stores/nats/writer.ts',
    search: "if (answer.kind === 'stored' || !lost) return answer",
    replace: 'return answer',
    tests: [details],
  },
  {
    name: 'what is published while the connection is down is sent later',
    file: 'src/stores/nats/link.ts',
    search: '  #underWay<T>(ask: () => Promise<T>): Promise<T> {\n    if (!this.up)',
    replace: '  #underWay<T>(ask: () => Promise<T>): Promise<T> {\n    if (this.#closed)',
    tests: [details],
  },
  {
    name: 'the client gives up a server that is away for long',
    file: 'src/stores/nats/connect.ts',
    search: 'maxReconnectAttempts: -1,',
    replace: '',
    tests: [details],
  },
  {
    name: 'a stream that was lost is not noticed',
    file: 'src/stores/nats/streams.ts',
    search: 'if (record?.epoch === stream.epoch) return false',
    replace: 'return false',
    tests: [losses],
  },
  {
    name: 'a stream that was lost goes on under its old epoch',
    file: 'src/stores/nats/births.ts',
    search: 'micros, epoch: randomBytes(6)',
    replace: "micros, epoch: 'x' || randomBytes(6)",
    tests: [losses, contract],
  },
  {
    name: 'a new class begins later than its names were read',
    file: 'src/stores/nats/births.ts',
    search: "return answer.kind === 'stored'\n",
    replace: 'return false\n',
    tests: [contract],
  },
  {
    name: 'other streams are not asked when the home was lost',
    file: 'src/stores/nats/streams.ts',
    search: 'filter(({ birth }) => birth < this.home.birth)',
    replace: 'filter(() => false)',
    tests: [losses],
  },
  {
    name: 'a hole in the log is read over',
    file: 'src/stores/nats/reader.ts',
    search: 'if (frame.before !== last.seq) return frames',
    replace: '',
    tests: [losses],
  },
  {
    name: 'a hole after a position is read over',
    file: 'src/stores/nats/reader.ts',
    search: 'if (isBroken && next) return',
    replace: 'if (isBroken && !next) return',
    tests: [losses],
  },
  {
    name: 'a reader at the beginning is overtaken by it',
    file: 'src/stores/nats/reader.ts',
    search: "judged === 'reset' || offset < (await this.#grace())",
    replace: 'true',
    tests: [details],
  },
  {
    name: 'a wake-up counts though it follows another frame',
    file: 'src/stores/nats/followed.ts',
    search: ' || frame.before !== before',
    replace: '',
    tests: [details],
  },
  {
    name: 'producers that were forgotten are known to other nodes',
    file: 'src/stores/nats/producers.ts',
    search: 'inOrder.slice(Math.max(0, inOrder.length - count))',
    replace: 'inOrder',
    tests: [details],
  },
  {
    name: 'a channel that asks to keep more stays where it was',
    file: 'src/stores/nats/lookup.ts',
    search: 'if (here === wanted || (isUsed && covers(here, wanted))) return false',
    replace: 'if (here === wanted || isUsed) return false',
    tests: [details],
  },
  {
    name: 'frames of another format are read',
    file: 'src/stores/nats/frame.ts',
    search: 'if (bytes[0] !== format) {',
    replace: 'if (bytes[0] === 0) {',
    tests: [refusals],
  },
  {
    name: 'streams on several servers are taken from any version',
    file: 'src/stores/nats/version.ts',
    search: 'if (replicas === 1 || isAtLeast(version, replicated)) return',
    replace: 'return',
    tests: [refusals],
  },
  {
    name: 'a user who may not listen to wake-ups is not told',
    file: 'src/stores/nats/followed.ts',
    search: 'if (!this.#refusal) return subscription.unsubscribe()',
    replace: 'return subscription.unsubscribe()',
    tests: [refusals],
  },
  {
    name: 'a channel that may not be followed seems to be',
    file: 'src/stores/nats/followed.ts',
    search: 'if (subscription?.isClosed()) throw storeDown(this.#refusal)',
    replace: '',
    tests: [refusals],
  },
  {
    name: 'a cluster that chooses a leader is asked once',
    file: 'src/stores/nats/jetstream.ts',
    search: 'const again = setInterval(() => asked().catch(() => undefined), againMs)',
    replace: 'const again = undefined',
    tests: ['src/stores/nats/jetstream.test.ts'],
  },
  {
    name: 'a cluster is asked for consumers again and again though it makes none',
    file: 'src/stores/nats/jetstream.ts',
    search: 'if (this.#isCluster) this.#withoutUntil = performance.now() + withoutMs',
    replace: '',
    tests: ['src/stores/nats/jetstream.test.ts'],
  },
]
