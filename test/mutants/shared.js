/** Mutants of what several processes share: the disk store, what nodes say to each other, workers. */

/** @type {readonly import('./list.js').Mutant[]} */
export const shared = [
  {
    name: 'the lock of a process that was killed stays for ever',
    file: 'src/stores/disk/bus-socket.ts',
    search: '  if (other.dead !== undefined) await clear(lock, other.dead)',
    replace: '',
    tests: ['src/stores/disk/bus.test.ts'],
  },
  {
    name: 'a backup has its name before it is whole',
    file: 'src/stores/disk/backup.ts',
    search: 'await root.backup(draft, false)',
    replace: 'await root.backup(copy, false)',
    tests: ['src/stores/disk/bounds.test.ts'],
  },
  {
    name: 'what a commit that was taken back has read is still known',
    file: 'src/stores/disk/engine.ts',
    search: '    this.#last = undefined\n    this.#forgetAside()',
    replace: '',
    tests: ['src/stores/disk/known-logs.test.ts'],
  },
  {
    name: 'what is asked for while another process writes waits for a commit of its own',
    file: 'src/stores/disk/engine.ts',
    search: '        jobs.push(...this.#jobs.splice(0, maxJobs - jobs.length))\n',
    replace: '',
    tests: ['src/stores/disk/engine.test.ts'],
  },
  {
    name: 'keys that are turned on are looked for in one commit',
    file: 'src/stores/disk/key-search.ts',
    search: 'const pieceMessages = 500',
    replace: 'const pieceMessages = 500_000',
    tests: ['src/stores/disk/key-search.test.ts'],
  },
  {
    name: 'a large fork is copied in one commit',
    file: 'src/stores/disk/forks.ts',
    search: 'const wholeMessages = 500',
    replace: 'const wholeMessages = 500_000',
    tests: ['src/stores/disk/fork-copy.test.ts'],
  },
  {
    name: 'a fork whose source was deleted meanwhile is made',
    file: 'src/stores/disk/forks.ts',
    search: 'if (names.find(name, now)?.record.id !== source.id) return this.#noSource(name)',
    replace: '',
    tests: ['src/stores/disk/fork-copy.test.ts'],
  },
  {
    name: 'a node hears itself',
    file: 'src/server/nodes/node-message.ts',
    search: "if (read.node === node) return 'own'",
    replace: '',
    tests: ['src/server/nodes/nodes.test.ts'],
  },
  {
    name: 'a selector with a field of a later release ends everybody',
    file: 'src/server/nodes/node-message.ts',
    search: "return name === 'principal' || name === 'channel'",
    replace: "return name !== ''",
    tests: ['src/server/nodes/nodes.test.ts'],
  },
  {
    name: 'workers that cannot live are started in a loop',
    file: 'src/cli/workers.ts',
    search: 'sound ? 0 : waitMs',
    replace: 'sound ? 0 : 0 * waitMs',
    tests: ['src/cli/workers.test.ts'],
  },
]
