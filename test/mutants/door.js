/** Mutants of the door: who comes in, and as whom. */

/** @type {readonly import('./list.js').Mutant[]} */
export const door = [
  {
    name: 'what came through a proxy is taken for this machine',
    file: 'src/server/door/origin.ts',
    search: "if (forwarded && trustProxy === false) throw new AnywireError('forbidden', proxied)",
    replace: '',
    tests: ['src/server/door/origin.test.ts', 'test/door/door-forms.test.ts'],
  },
  {
    name: 'the last proxy of a chain speaks for the first',
    file: 'src/server/door/origin.ts',
    search: ' && named.every(isLoopback)) return',
    replace: ' && named) return',
    tests: ['src/server/door/origin.test.ts'],
  },
  {
    name: 'hosts count only where nobody is told apart',
    file: 'src/server/door/origin.ts',
    search: 'else if (this.#hosts.size === 0) return',
    replace: 'else return',
    tests: ['src/server/door/origin.test.ts', 'test/door/door-forms.test.ts'],
  },
  {
    name: 'of two hosts the first is taken',
    file: 'src/server/door/origin.ts',
    search: "if (name.length === 4 && name.toLowerCase() === 'host') hosts++",
    replace: '',
    tests: ['src/server/door/origin.test.ts', 'test/door/door-forms.test.ts'],
  },
  {
    name: 'who is sent away while being opened comes in',
    file: 'src/server/door/arrivals.ts',
    search: 'if (this.#open.size > 0) this.#heard.push(selector)',
    replace: '',
    tests: ['test/delivery/leaving.test.ts'],
  },
  {
    name: 'who comes later is ended with who was sent away',
    file: 'src/server/door/arrivals.ts',
    search: 'const arrival = new Arrival(this, this.#forgotten + this.#heard.length)',
    replace: 'const arrival = new Arrival(this, this.#forgotten)',
    tests: ['test/delivery/leaving.test.ts'],
  },
  {
    name: 'a misspelt option is taken',
    file: 'src/core/shape.ts',
    search: 'if (!Object.hasOwn(shape, name)) throw unknownName(what, name, Object.keys(shape), kind)',
    replace: 'if (!Object.hasOwn(shape, name)) continue',
    tests: ['test/hub/options.test.ts'],
  },
  {
    name: 'a request is stored for another principal than it names',
    file: 'src/server/forms/anywire/welcome.ts',
    search: 'if (believed === undefined || believed === principalDigest(principal)) return',
    replace: 'return',
    tests: ['test/door/identity.test.ts'],
  },
  {
    name: 'a renewed token keeps what it may not read',
    file: 'src/server/forms/anywire/anywire-socket.ts',
    search: 'if (isRenewal) await renewed()',
    replace: '',
    tests: ['test/door/door.test.ts'],
  },
  {
    name: 'a cache shares the answer to one origin with the next',
    file: 'src/server/door/origin.ts',
    search: 'const closed: Sharing = { ...unshared, varies: true }',
    replace: 'const closed: Sharing = unshared',
    tests: ['src/server/door/origin.test.ts', 'test/door/door.test.ts'],
  },
  {
    name: 'a style of a channel is applied by a page',
    file: 'src/server/http/active-types.ts',
    search: "contentType: byProgram ? contentType : 'application/octet-stream',",
    replace: 'contentType,',
    tests: ['src/server/http/active-types.test.ts', 'test/door/door.test.ts'],
  },
]
