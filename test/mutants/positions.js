/** Mutants of positions: what a place in a log means. */

/** @type {readonly import('./list.js').Mutant[]} */
export const positions = [
  {
    name: 'the window skips its first message',
    file: 'src/core/log/window.ts',
    search: 'if (position === this.#start) return this.#first',
    replace: 'if (position === this.#start) return this.#first + 1',
    tests: ['src/core/log/window.test.ts', 'src/core/reading/delivery.test.ts'],
  },
  {
    name: 'the window repeats the message at the position',
    file: 'src/core/log/window.ts',
    search: 'if (offset === position) return middle + 1',
    replace: 'if (offset === position) return middle',
    tests: ['src/core/log/window.test.ts'],
  },
  {
    name: 'the window takes what does not follow its head',
    file: 'src/core/log/window.ts',
    search: 'if (first.previous !== this.head) return false',
    replace: '',
    tests: ['src/core/reading/delivery.test.ts'],
  },
  {
    name: 'zeros are minted as the birth of a log',
    file: 'src/stores/memory/tombstones.ts',
    search: 'const when = Math.max(1, micros)',
    replace: 'const when = micros * 0',
    tests: ['src/stores/memory/memory.test.ts'],
  },
  {
    name: 'a position before the kept messages is answered with a page',
    file: 'src/stores/rules/position.ts',
    search: "if (offset < floor) return whenOf(offset) >= whenOf(birth) ? 'trimmed' : 'reset'",
    replace: '',
    tests: ['src/stores/memory/memory.test.ts', 'src/core/reading/delivery.test.ts'],
  },
  {
    name: 'a position between minted ones is alien',
    file: 'src/stores/rules/position.ts',
    search: 'return when === whenOf(before) || (after !== undefined && when === whenOf(after))',
    replace: 'return offset === before',
    tests: ['src/stores/memory/memory.test.ts'],
  },
  {
    name: 'a position beyond the head is ours, whatever its log',
    file: 'src/stores/memory/read.ts',
    search: "return isBeside(offset, before, log.messages.at(index)?.offset) ? index : 'reset'",
    replace: 'return index',
    tests: ['src/stores/memory/memory.test.ts'],
  },
]
