/** Mutants of access: what a credential allows. */

/** @type {readonly import('./list.js').Mutant[]} */
export const access = [
  {
    name: 'a pattern without "$" is about names of Anywire',
    file: 'src/core/pattern.ts',
    search: "if (given[0]?.startsWith('$') !== reserved) return false",
    replace: '',
    tests: ['src/core/access/claims.test.ts'],
  },
  {
    name: 'a prefix without "$" is about names of Anywire',
    file: 'src/core/access/grants.ts',
    search: "if (channel.startsWith('$') !== prefix.startsWith('$')) return false",
    replace: '',
    tests: ['src/core/access/claims.test.ts'],
  },
  {
    name: 'who is named ":any" stands for everybody',
    file: 'src/core/access/topics.ts',
    search: `  return literal(\`\${before}\${value}\${after}\`)`,
    replace: `  return { text: \`\${before}\${value}\${after}\`, any: value.startsWith(':') }`,
    tests: ['src/core/access/claims.test.ts'],
  },
  {
    name: 'who has a slash in the name reaches into channels of others',
    file: 'src/core/access/topics.ts',
    search: "value.includes('/') || !isSegment(",
    replace: "value.includes('\\0') && !isSegment(",
    tests: ['src/core/access/claims.test.ts'],
  },
  {
    name: 'a tenant reaches outside by a pattern that names it elsewhere',
    file: 'src/core/access/topics.ts',
    search: "return (first?.startsWith('$') ? second : first) === '{tenant}'",
    replace: "return text.includes('{tenant}')",
    tests: ['src/core/access/claims.test.ts'],
  },
  {
    name: 'capabilities of Centrifugo are added up',
    file: 'src/core/access/grants.ts',
    search: 'return first !== undefined && test(first)',
    replace: 'return this.#ordered.some((grant) => test(grant) && isAbout(grant, channel, given))',
    tests: ['src/core/access/claims.test.ts'],
  },
]
