/** Mutants of the store on Redis: what is asked again and what is not, and what is noticed. */

/** @type {readonly import('./list.js').Mutant[]} */
export const redis = [
  {
    name: 'an append without a producer is sent again after its connection broke',
    file: 'src/stores/redis/lanes.ts',
    search: '({ repeatable }) => repeatable &&',
    replace: '() =>',
    tests: ['src/stores/redis/outages.test.ts'],
  },
  {
    name: 'an append with a producer is not sent again',
    file: 'src/stores/redis/lanes.ts',
    search: '({ repeatable }) => repeatable &&',
    replace: '() => false &&',
    tests: ['src/stores/redis/outages.test.ts'],
  },
  {
    name: 'scripts that Redis has forgotten are not sent again',
    file: 'src/stores/redis/node.ts',
    search: "if (refusal === 'NOSCRIPT') return",
    replace: "if (refusal === 'NO SCRIPT') return",
    tests: ['test/stores/redis-faults.test.ts'],
  },
  {
    name: 'nobody is told that wake-ups may have been lost when they flow again',
    file: 'src/stores/redis/subscriber.ts',
    search: '    this.#options.onLost()\n    // What came',
    replace: '    // What came',
    tests: ['src/stores/redis/outages.test.ts'],
  },
  {
    name: 'a flush is not noticed while nobody publishes',
    file: 'src/stores/redis/sweeper.ts',
    search: 'known !== String(mark)) lost',
    replace: "known === '') lost",
    tests: ['src/stores/redis/outages.test.ts'],
  },
  {
    name: 'a position between others is taken for one of the log',
    file: 'src/stores/redis/lua/read.ts',
    search: "  return nil, 'reset'\nend",
    replace: '  return before, beforeNumber\nend',
    tests: ['test/stores/redis-faults.test.ts', 'src/stores/redis/redis.test.ts'],
  },
  {
    name: 'a connection that hangs is kept',
    file: 'src/stores/redis/connection.ts',
    search: 'if (++this.#silent > looks) this.end()',
    replace: '',
    tests: ['test/stores/redis-faults.test.ts'],
  },
  {
    name: 'an append to a slot that moves fails',
    file: 'src/stores/redis/topology.ts',
    search: "const waits = refusal === 'TRYAGAIN' &&",
    replace: "const waits = refusal === 'TRY AGAIN' &&",
    tests: ['src/stores/redis/outages.test.ts'],
  },
  {
    name: 'wake-ups of a slot that has moved come no more',
    file: 'src/stores/redis/follows.ts',
    search: '    to.subscriber.adopt(keys)',
    replace: '',
    tests: ['src/stores/redis/outages.test.ts'],
  },
  {
    name: 'a connection that is back is told of before it can be asked',
    file: 'src/stores/redis/line.ts',
    search: '      this.#connection = connection\n      this.#tell()\n      this.#options.up?.()',
    replace: '      this.#options.up?.()\n      this.#connection = connection\n      this.#tell()',
    tests: ['src/stores/redis/node.test.ts'],
  },
  {
    name: 'a subscription that Redis has ended is not missed',
    file: 'src/stores/redis/connection.ts',
    search: 'if (Number(subscribed) !== this.#subscribed.size) this.end()',
    replace: '',
    tests: ['src/stores/redis/connection.test.ts'],
  },
  {
    name: 'the script takes another sequence number than the next',
    file: 'src/stores/redis/lua/append.ts',
    search: 'if a.number == seq + 1 then return nil end',
    replace: 'if a.number > seq then return nil end',
    tests: ['src/stores/redis/decisions.test.ts'],
  },
]
