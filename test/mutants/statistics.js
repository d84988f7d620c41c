/** Mutants of statistics and of the admin API: who is told, for how long, and who may act. */

const lists = ['test/statistics/statistics.test.ts']
const boards = ['src/server/statistics/board.test.ts']
const api = ['test/admin/api.test.ts']

/** @type {readonly import('./list.js').Mutant[]} */
export const statistics = [
  {
    name: 'who may subscribe reads statistics',
    file: 'src/core/rule.ts',
    search: "if (statistics && action === 'subscribe') return { rule, action: 'manage' }",
    replace: '',
    tests: lists,
  },
  {
    name: 'who has no grants reads statistics',
    file: 'src/core/rule-table.ts',
    search: 'return said ? { subscribe: said.subscribe, grants: said.grants } : { subscribe: granted, grants: true }',
    replace: 'return said ? { subscribe: said.subscribe, grants: said.grants } : { subscribe: true, grants: true }',
    tests: lists,
  },
  {
    name: 'lists are kept up when nobody reads them',
    file: 'src/server/statistics/board.ts',
    search: 'return this.isReadHere || performance.now() < this.#until',
    replace: 'return true',
    tests: boards,
  },
  {
    name: 'what a node told stays when nobody reads it',
    file: 'src/server/statistics/board.ts',
    search: 'else await this.#takeBack()',
    replace: '',
    tests: boards,
  },
  {
    name: 'what a dead node told stays',
    file: 'src/server/statistics/board.ts',
    search: 'filter((key) => leases.isDead(nodeOf(key)))',
    replace: 'filter(() => false)',
    tests: lists,
  },
  {
    name: 'anybody may ask the admin API',
    file: 'src/admin/admin.ts',
    search: '    checkCredential(request, options)\n    if (!whole',
    replace: '    if (!whole',
    tests: api,
  },
  {
    name: 'a form of another page may tell the admin API what to do',
    file: 'src/admin/api/body.ts',
    search: 'if (!/^application\\/json\\s*(;|$)/i.test(type)) {',
    replace: 'if (type === "") {',
    tests: api,
  },
]
