/** Mistakes that newcomers make, each with how it is made in a folder with the package, and what then is printed. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readersEnv } from './running.js'

/** How long a program may take that does not end by itself. */
const patienceMs = 200_000

export class Newcomer {
  readonly #folder: string
  readonly #env: NodeJS.ProcessEnv
  /** What would differ from run to run, by what stands for it. */
  readonly #names: readonly (readonly [text: string, name: string])[]

  constructor(folder: string, names: readonly (readonly [string, string])[]) {
    this.#folder = folder
    this.#names = [[folder, '<folder>'], ...names]
    this.#env = {
      ...readersEnv(),
      CURL_HOME: folder,
      PATH: `${join(folder, 'node_modules', '.bin')}:${process.env.PATH}`,
    }
  }

  /** What a shell prints of this line, with its exit code where it is not 0. `npx` would only take its time. */
  async types(line: string): Promise<string> {
    const child = spawn('sh', ['-c', line.replace(/^npx /, '')], {
      cwd: this.#folder,
      env: this.#env,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let text = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk
      })
    }
    const late = setTimeout(() => child.kill('SIGKILL'), patienceMs)
    const [code] = await once(child, 'close')
    clearTimeout(late)
    return this.#plain(`${text.trimEnd()}${code === 0 ? '' : `\n(exit ${code})`}`)
  }

  /** Saves a program, runs it, and answers what it prints. */
  runs(name: string, program: string): Promise<string> {
    writeFileSync(join(this.#folder, name), program)
    return this.types(`node ${name}`)
  }

  #plain(text: string): string {
    return this.#names.reduce((all, [found, name]) => all.replaceAll(found, name), text)
  }
}

/** Lines for a shell; `<port>` is that of a hub, `<closed>` one where nobody listens. */
export const lines: readonly string[] = [
  'npx anywire serv',
  'npx anywire serve --prot 8080',
  'npx anywire serve --port 80000',
  'npx anywire serve --port <port>',
  'npx anywire serve --config nowhere.mjs',
  'npx anywire serve --host 0.0.0.0',
  'npx anywire tail news --from yesterday',
  'npx anywire tail news --transport webscoket',
  'npx anywire tail news --transport carrier-pigeon',
  'npx anywire tail a//b --url http://127.0.0.1:<port>/channels',
  'npx anywire publish news 1 --url 127.0.0.1:<port>',
  'npx anywire publish news 1 --url http://127.0.0.1:<port>/chanels',
  'npx anywire publish news 1 --url http://127.0.0.1:<closed>/channels',
  "npx anywire publish news '{title:Hello}' --url http://127.0.0.1:<port>/channels",
  'npx anywire publish news "\'{title:Hello}\'" --url http://127.0.0.1:<port>/channels',
  "curl -H 'Content-Type: application/json' -d \"'{}'\" http://127.0.0.1:<port>/channels/news",
  'curl -H "Origin: http://localhost:5173" -d 1 http://127.0.0.1:<port>/channels/news',
  'curl http://127.0.0.1:<port>/channels',
  'curl http://127.0.0.1:<port>/channels//news',
  'curl http://127.0.0.1:<port>/channels/a//b',
  "curl 'http://127.0.0.1:<port>/channels/news?live=longpoll'",
  "curl 'http://127.0.0.1:<port>/channels/news?live=stream'",
  'curl -X PATCH http://127.0.0.1:<port>/channels/news',
  'curl -H "Host: evil.example" http://127.0.0.1:<port>/channels/news',
  'curl -H "Upgrade: websocket" -H "Connection: Upgrade" -H "Sec-WebSocket-Version: 13" ' +
    '-H "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==" -H "Sec-WebSocket-Protocol: anywire.v2" ' +
    'http://127.0.0.1:<port>/channels/news',
]

const connecting = "import { connect } from 'anywire/client'\n"
const publishing = (options: string) =>
  `${connecting}try {\n  connect('http://127.0.0.1:<port>/channels', ${options})\n} catch (error) {\n  console.log(error.message)\n}\n`
const creating = (code: string) =>
  `import { createHub } from 'anywire'\ntry {\n  ${code}\n} catch (error) {\n  console.log(error.message)\n}\n`
/**
 * A client that ends when it has said what fits. To a client on a busy machine even a hub may seem to be silent at
 * first: it looks again, and what it took back is not printed.
 */
const waiting = (url: string, fits: RegExp, options = '{}') =>
  `${connecting}const [said, wrong] = [[], []]
console.warn = (line) => said.push(line)
const client = connect('${url}', ${options})
client.publish('news', 1).catch(() => {})
client.problem.subscribe((problem) => {
  if (!problem) return
  if (!${fits}.test(problem.message)) return wrong.push(\`Anywire: \${problem.message}\`)
  setImmediate(() => {
    for (const line of said) if (!wrong.includes(line)) console.log(line)
    process.exit()
  })
})
`

/** Programs by what is wrong with them. */
export const programs: Readonly<Record<string, string>> = {
  'a transport that is none': publishing("{ transports: ['websockets'] }"),
  'an option of createHub that is none': creating('createHub({ rule: {} })'),
  'an option of a rule that is none': creating("createHub({ rules: { 'chat/*': { publishs: true } } })"),
  'a rule of the wrong type': creating("createHub({ rules: { 'chat/*': { publish: 'yes' } } })"),
  'documents without the package yjs': creating("createHub().yjs('/yjs')"),
  'a client with the wrong port': waiting('http://127.0.0.1:<closed>/channels', /Nothing answers/),
  'a client with the wrong path': waiting('http://127.0.0.1:<port>/chanels', /Did you mean/),
  'a client without a path': waiting('http://127.0.0.1:<port>', /Did you mean/),
  'a client with an option that is none': waiting(
    'http://127.0.0.1:<closed>/channels',
    /Nothing answers/,
    "{ transport: 'sse' }",
  ),
}
