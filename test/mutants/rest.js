/** Mutants of what stands by itself: leaving, sentences, terminals, what is shown of what others stored. */

/** @type {readonly import('./list.js').Mutant[]} */
export const rest = [
  {
    name: 'a hub leaves without waiting for the publishes under way',
    file: 'src/server/leaving.ts',
    search: 'while (!idle() && performance.now() < deadline) await setTimeout(lookMs)',
    replace: 'void idle',
    tests: ['test/delivery/closing.test.ts'],
  },
  {
    name: 'a reading that is aborted while it opens never ends',
    file: 'src/server/forms/local-reader.ts',
    search: 'if (!signal || !(opening instanceof Promise)) return opening',
    replace: 'if (opening) return opening',
    tests: ['test/delivery/closing.test.ts'],
  },
  {
    name: 'a sentence of the store is put into another one',
    file: 'src/core/publish/outcome.ts',
    search: "return new AnywireError('conflict', outcome.why)",
    replace: "return new AnywireError('conflict', 'The channel exists already with another ' + outcome.why)",
    tests: ['src/server/writer.test.ts'],
  },
  {
    name: 'half a head keeps a session for ever',
    file: 'src/server/upgrade/http2-guard.ts',
    search: 'if (open === 0) session.destroy()',
    replace: '',
    tests: ['test/http2/hostile.test.ts'],
  },
  {
    name: 'an idle session stays',
    file: 'src/server/upgrade/http2-guard.ts',
    search: 'session.close()\n',
    replace: '\n',
    tests: ['test/http2/hostile.test.ts'],
  },
  {
    name: 'a selector that is not filled in ends the connections of all',
    file: 'src/server/door/arrivals.ts',
    search: 'if (value !== undefined) continue',
    replace: 'continue',
    tests: ['test/delivery/leaving.test.ts'],
  },
  {
    name: 'an older version of WebSocket is spoken',
    file: 'src/server/upgrade/handshake.ts',
    search: "if (headers['sec-websocket-version'] !== '13') return wrongVersion()",
    replace: '',
    tests: ['test/hostile/malformed.test.ts'],
  },
  {
    name: 'who refuses event streams gets one',
    file: 'src/server/http/target.ts',
    search: 'return type === eventStreamType && ',
    replace: 'return type === eventStreamType || ',
    tests: ['src/server/http/target.test.ts'],
  },
  {
    name: 'a key that is no string is an error of the server',
    file: 'src/core/publish/fields.ts',
    search: "if (typeof text !== 'string') {",
    replace: "if (typeof text === 'undefined') {",
    tests: ['src/server/writer.test.ts'],
  },
  {
    name: 'what the program cannot publish is an error of the server',
    file: 'src/core/publish/payload.ts',
    search: 'json = JSON.stringify(value)\n  } catch (cause) {',
    replace: 'json = JSON.stringify(value)\n  } catch (cause) {\n    throw cause',
    tests: ['src/server/writer.test.ts'],
  },
  {
    name: 'what others wrote steers the terminal',
    file: 'src/cli/printable.ts',
    search: 'return text.replace(steering,',
    replace: 'return text.replace(/^$/,',
    tests: ['src/cli/printable.test.ts'],
  },
  {
    name: 'one shape that is none breaks the whole board',
    file: 'playground/src/whiteboard/shapes.ts',
    search: 'if (!(found instanceof Shape)) return undefined',
    replace: '',
    tests: ['test/playground/checks.test.ts'],
  },
]
