/** Mutants of the core: each is a slip that somebody could make, and names the tests that must not let it pass. */

/**
 * @typedef {object} Mutant
 * @property {string} name What is broken.
 * @property {string} file Where.
 * @property {string} search Occurs exactly once in the file.
 * @property {string} replace
 * @property {readonly string[]} tests Test files of which at least one must fail.
 */

/** @type {readonly Mutant[]} */
export const mutants = [
  {
    name: 'the window skips its first message',
    file: 'src/core/window.ts',
    search: 'if (position === this.#start) return this.#first',
    replace: 'if (position === this.#start) return this.#first + 1',
    tests: ['src/core/window.test.ts', 'src/core/delivery.test.ts'],
  },
  {
    name: 'the window repeats the message at the position',
    file: 'src/core/window.ts',
    search: 'if (offset === position) return middle + 1',
    replace: 'if (offset === position) return middle',
    tests: ['src/core/window.test.ts'],
  },
  {
    name: 'the window takes what does not follow its head',
    file: 'src/core/window.ts',
    search: 'if (first.previous !== this.head) return false',
    replace: '',
    tests: ['src/core/delivery.test.ts'],
  },
  {
    name: 'zeros are minted as the birth of a log',
    file: 'src/stores/memory-tombstones.ts',
    search: 'const when = Math.max(1, micros)',
    replace: 'const when = micros * 0',
    tests: ['src/stores/memory.test.ts'],
  },
  {
    name: 'a position before the kept messages is answered with a page',
    file: 'src/stores/memory-read.ts',
    search: "if (offset < log.floor) return when >= whenOf(log.birth) ? 'trimmed' : 'reset'",
    replace: 'if (offset < log.floor) return 0',
    tests: ['src/stores/memory.test.ts', 'src/core/delivery.test.ts'],
  },
  {
    name: 'a position between minted ones is alien',
    file: 'src/stores/memory-read.ts',
    search: 'const ours = when === whenOf(before) || (after !== undefined && when === whenOf(after))',
    replace: 'const ours = offset === before',
    tests: ['src/stores/memory.test.ts'],
  },
  {
    name: 'a position beyond the head is ours, whatever its log',
    file: 'src/stores/memory-read.ts',
    search: "return ours ? index : 'reset'",
    replace: 'return index',
    tests: ['src/stores/memory.test.ts'],
  },
  {
    name: 'a wake-up is lost while one reader is there',
    file: 'src/core/channel.ts',
    search: 'if (this.subscriptions.size > 0) this.#host.grew(this)',
    replace: 'if (this.subscriptions.size > 1) this.#host.grew(this)',
    tests: ['src/core/delivery.test.ts'],
  },
  {
    name: 'wake-ups that come before the answer of the store are lost',
    file: 'src/core/channel.ts',
    search: 'for (const wake of early) this.wake(wake)',
    replace: 'if (early.length > 1e9) return',
    tests: ['src/core/delivery.test.ts'],
  },
  {
    name: 'an overtaken answer of the store counts',
    file: 'src/core/delivery.ts',
    search: 'if (asked !== channel.asked) return',
    replace: 'if (asked > channel.asked) return',
    tests: ['src/core/delivery.test.ts'],
  },
  {
    name: 'a discontinuity is not heard',
    file: 'src/core/delivery.ts',
    search: 'else for (const { channel } of this.#channels.values()) this.resync(channel)',
    replace: '',
    tests: ['src/core/delivery.test.ts'],
  },
  {
    name: 'readers who wait are not served when there is room again',
    file: 'src/core/connection.ts',
    search: "if (subscription.move('drained') === 'behind') pump(subscription)",
    replace: "subscription.move('drained')",
    tests: ['src/core/connection.test.ts', 'src/core/delivery.test.ts'],
  },
  {
    name: 'the wire never says that there is room again',
    file: 'src/wires/socket.ts',
    search: 'this.drained?.()',
    replace: 'void 0',
    tests: ['src/wires/socket.test.ts'],
  },
  {
    name: 'a wire says that it has room when it has none',
    file: 'src/wires/response.ts',
    search: 'return socket.writableLength < socket.writableHighWaterMark',
    replace: 'return true',
    tests: ['src/wires/response.test.ts'],
  },
  {
    name: 'a reader is passed over when another leaves amid a fan-out',
    file: 'src/core/group.ts',
    search: 'this.members[slot] = undefined',
    replace: 'this.members.splice(slot, 1)',
    tests: ['src/core/fan-out.test.ts'],
  },
  {
    name: 'places move while a fan-out is at work',
    file: 'src/core/group.ts',
    search: 'if (!this.busy && this.#holes',
    replace: 'if (this.#holes',
    tests: ['src/core/fan-out.test.ts'],
  },
  {
    name: 'who joined amid a fan-out gets its slice once more',
    file: 'src/core/fan-out.ts',
    search: 'if (subscription.position !== slice.from || group.framing.fit) {',
    replace: 'if (group.framing.fit) {',
    tests: ['src/core/fan-out.test.ts', 'src/core/delivery.test.ts'],
  },
  {
    name: 'the position moves though the wire was full',
    file: 'src/core/fan-out.ts',
    search: 'if (subscription.connection.full) {',
    replace: 'if (subscription.connection.full) {\n      subscription.position = slice.to',
    tests: ['src/core/slow.test.ts', 'src/core/fan-out.test.ts'],
  },
  {
    name: 'live readers are not told of a close',
    file: 'src/core/fan-out.ts',
    search: 'if (channel.flushed === channel.head && !channel.closed) return undefined',
    replace: 'if (channel.flushed === channel.head) return undefined',
    tests: ['src/core/delivery.test.ts', 'src/core/fan-out.test.ts'],
  },
  {
    name: 'a gap is passed over without a word',
    file: 'src/core/pump.ts',
    search: 'if (!subscription.connection.announce(subscription, lost)) {',
    replace: 'if (subscription.connection.closed) {',
    tests: ['src/core/delivery.test.ts', 'test/resume.test.ts'],
  },
  {
    name: 'the first page of a reading is left out',
    file: 'src/core/delivery.ts',
    search: 'take(subscription, result)',
    replace: "if (result.kind === 'page') subscription.position = result.to",
    tests: ['src/core/delivery.test.ts', 'test/resume.test.ts'],
  },
  {
    name: 'conflation keeps the oldest of a key',
    file: 'src/core/conflate.ts',
    search: 'for (const message of messages) newest.set(message.key, message)',
    replace: 'for (const message of messages) if (!newest.has(message.key)) newest.set(message.key, message)',
    tests: ['src/core/conflate.test.ts', 'src/core/slow.test.ts'],
  },
  {
    name: 'conflation passes over what did not fit',
    file: 'src/core/conflate.ts',
    search: 'to: messages[seen - 1]?.offset',
    replace: 'to: messages.at(-1)?.offset',
    tests: ['src/core/conflate.test.ts', 'src/core/slow.test.ts'],
  },
  {
    name: 'the gap of a conflation leads behind what follows it',
    file: 'src/core/channel.ts',
    search: 'to: slice.messages[0]!.previous',
    replace: 'to: conflated.to',
    tests: ['src/core/slow.test.ts'],
  },
  {
    name: 'a snapshot is handed to others who read from its start',
    file: 'src/core/channel.ts',
    search: 'return { slice, bytes: framing.encode(slice) }',
    replace:
      "const encoded = { slice, bytes: framing.encode(slice) }\n    this.keep([framing.name, slice.from].join(' '), encoded)\n    return encoded",
    tests: ['src/core/snapshot.test.ts'],
  },
  {
    name: 'half a character is sent',
    file: 'src/protocol/durable-sse.ts',
    search: 'if (incompleteTail(tail(slice, count)) === 0) return count',
    replace: 'if (count > 0) return count',
    tests: ['src/core/held-text.test.ts'],
  },
  {
    name: 'readers are called slow though the node lost its place',
    file: 'src/core/pump.ts',
    search: "subscription.slow === 'disconnect' && subscription.late",
    replace: "subscription.slow === 'disconnect' && subscription.reach > 0",
    tests: ['src/core/slow.test.ts'],
  },
  {
    name: 'a waiting time ends too early',
    file: 'src/core/wheel.ts',
    search: 'Math.floor((performance.now() + delayMs) / tickMs) + 1',
    replace: 'Math.floor((performance.now() + delayMs) / tickMs) - 1',
    tests: ['src/core/wheel.test.ts'],
  },
  {
    name: 'reads of the store have no limit',
    file: 'src/core/reads.ts',
    search: 'if (this.#running >= this.#atOnce)',
    replace: 'if (this.#running >= this.#atOnce * 1_000)',
    tests: ['src/core/reads.test.ts'],
  },
  {
    name: '`receive` runs before the producer is checked',
    file: 'src/core/publisher.ts',
    search: 'if (early) return early',
    replace: '',
    tests: ['src/core/publisher.test.ts'],
  },
  {
    name: 'a retry of a producer is stored again',
    file: 'src/stores/memory.ts',
    search: 'if (producer) log.remember(producer, maxProducers)',
    replace: '',
    tests: ['src/stores/memory.test.ts', 'src/core/publisher.test.ts'],
  },
]
