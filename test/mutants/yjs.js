/** Mutants of Yjs documents: what is stored can be applied by every reader, costs nobody else anything, and is told to its author. */

/** @type {readonly import('./list.js').Mutant[]} */
export const yjs = [
  {
    name: 'an update is tried whose base is missing',
    file: 'src/server/yjs/replicas.js',
    search: "if (missing) return { kind: 'missing', lost: false }",
    replace: '',
    tests: ['src/server/yjs/replicas.test.ts'],
  },
  {
    name: 'what cannot be applied stays pending',
    file: 'src/server/yjs/replicas.js',
    search: 'if (complete) forgetPending(replica.doc)',
    replace: '',
    tests: ['src/server/yjs/replicas.test.ts'],
  },
  {
    name: 'an update may have any number of structs, clients and ranges',
    file: 'src/server/yjs/replicas.js',
    search: 'if (--left[what] < 0) throw',
    replace: 'if (--left[what] < -1e9) throw',
    tests: ['src/server/yjs/replicas.test.ts'],
  },
  {
    name: 'a document has no size',
    file: 'src/server/yjs/replica.ts',
    search: 'this.bytes + update.length > most',
    replace: 'false',
    tests: ['test/yjs/bounded.test.ts'],
  },
  {
    name: 'one principal takes all places in an awareness',
    file: 'src/server/yjs/presence.ts',
    search: "if (mark !== '' && room.countOf(mark) >= clientsPerPrincipal)",
    replace: 'if (room.countOf(mark) < 0)',
    tests: ['test/yjs/bounded.test.ts'],
  },
  {
    name: 'somebody else speaks for a client',
    file: 'src/server/yjs/room.ts',
    search: 'if (known.by.mark !== mark) return false',
    replace: '',
    tests: ['test/yjs/bounded.test.ts'],
  },
  {
    name: 'who may not be seen may not edit either',
    file: 'src/server/yjs/socket.ts',
    search: "if (outcome.kind !== 'appended') return",
    replace: "if (outcome.kind === 'refused') throw outcome.error\n    if (outcome.kind !== 'appended') return",
    tests: ['test/yjs/bounded.test.ts'],
  },
  {
    name: 'a y-websocket that is being opened outlives hub.disconnect',
    file: 'src/server/yjs/upgrade.ts',
    search: '{ websocket: true, arrival }',
    replace: '{ websocket: true }',
    tests: ['test/yjs/bounded.test.ts'],
  },
  {
    name: 'a provider comes back again and again with an edit that is too large',
    file: 'src/server/yjs/socket.ts',
    search: 'if (code === 1009) session.end(tooLarge(documents.limits.messageBytes))',
    replace: '',
    tests: ['test/yjs/bounded.test.ts'],
  },
  {
    name: 'a document takes no larger edits than a chat takes messages',
    file: 'src/server/yjs/documents.ts',
    search: '        messageBytes: this.limits.messageBytes,\n',
    replace: '',
    tests: ['test/yjs/bounded.test.ts'],
  },
]
