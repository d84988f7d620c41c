/** Mutants of presence: who is shown as here, and who is not. */

/** @type {readonly import('./list.js').Mutant[]} */
export const presence = [
  {
    name: 'who was cut off is gone at once',
    file: 'src/server/presence/readers.ts',
    search: 'leaves ? this.#leavingMs : this.#options.graceMs',
    replace: '0',
    tests: ['test/presence/presence.test.ts'],
  },
  {
    name: 'a node writes over what another one has written meanwhile',
    file: 'src/server/presence/roster.ts',
    search: 'seq: this.#view.head,',
    replace: '',
    tests: ['test/presence/model.test.ts'],
  },
  {
    name: 'what a dead node said stays',
    file: 'src/server/presence/changes.ts',
    search: 'if (id !== me && !isDead(id)) nodes[id] = count',
    replace: 'if (id !== me) nodes[id] = count',
    tests: ['src/server/presence/changes.test.ts'],
  },
  {
    name: 'the state that is written last counts, not the one that was set last',
    file: 'src/server/presence/changes.ts',
    search: 'wish.stateAt >= (entry?.at ?? 0)',
    replace: 'wish.stateAt >= 0',
    tests: ['src/server/presence/changes.test.ts'],
  },
  {
    name: 'a roster is answered before it is swept',
    file: 'src/server/door/permission.ts',
    search: 'if (!rule.rosterOf) return allowed',
    replace: 'if (rule) return allowed',
    tests: ['test/presence/presence.test.ts'],
  },
  {
    name: 'who may read a channel sees names without a grant',
    file: 'src/core/rule.ts',
    search: "action === 'publish' ? 'subscribe' : 'presence'",
    replace: "'subscribe'",
    tests: ['test/presence/presence.test.ts'],
  },
]
