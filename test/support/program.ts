/** Runs the programs of this repository as processes of their own, and ends them after each test. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterEach } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))
const running = new Set<Program>()

afterEach(async () => {
  for (const program of running) program.child.kill('SIGKILL')
  await Promise.all([...running].map((program) => program.exited))
  running.clear()
})

export interface ProgramOptions {
  readonly cwd?: string
  readonly env?: Record<string, string>
  /** It is not ended after the test: whoever starts it stops it. */
  readonly lasts?: boolean
}

export interface Exit {
  readonly code: number | null
  readonly lines: readonly string[]
  readonly errors: string
}

/** The environment without what the tests themselves are told by it: to a server `ANYWIRE_…` are its options. */
function environment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('ANYWIRE_')))
}

export class Program {
  readonly child: ChildProcessWithoutNullStreams
  /** What it has printed. */
  readonly lines: string[] = []
  /** What it has printed to the standard error output. */
  errors = ''
  /** Resolves when it has ended and all it printed is here. */
  readonly exited: Promise<Exit>
  readonly #printed = new Set<() => void>()

  constructor(file: string, args: readonly string[], options: ProgramOptions = {}) {
    const env = { ...environment(), ...options.env }
    this.child = spawn(process.execPath, [`${root}${file}`, ...args], { cwd: options.cwd ?? root, env })
    createInterface({ input: this.child.stdout }).on('line', (line) => {
      this.lines.push(line)
      this.#tell()
    })
    this.child.stderr.on('data', (bytes) => {
      this.errors += bytes
      this.#tell()
    })
    this.exited = once(this.child, 'close').then(([code]) => {
      this.#tell()
      return { code, lines: this.lines, errors: this.errors }
    })
    if (!options.lasts) running.add(this)
  }

  /** Resolves when what it has printed fits. */
  async until(fits: (program: Program) => boolean): Promise<this> {
    while (!fits(this)) {
      if (this.child.exitCode !== null || this.child.signalCode !== null) {
        throw new Error(`The program ended too early: ${this.lines.join('\n')}\n${this.errors}`)
      }
      await new Promise<void>((done) => this.#printed.add(done))
    }
    return this
  }

  /** The address that it says it listens on. */
  async listening(): Promise<string> {
    const said = 'listening on '
    await this.until(({ lines }) => lines.some((line) => line.startsWith(said)))
    return this.lines.find((line) => line.startsWith(said))!.replace(said, '')
  }

  async stop(signal: NodeJS.Signals): Promise<Exit> {
    this.child.kill(signal)
    return this.exited
  }

  #tell(): void {
    for (const done of this.#printed) done()
    this.#printed.clear()
  }
}

/** `anywire …`, from what was built. */
export function anywire(args: readonly string[], options?: ConstructorParameters<typeof Program>[2]): Program {
  return new Program('dist/cli/main.js', args, options)
}
