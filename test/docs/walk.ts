/** Walks through a document as a reader does: saves each block, runs it where it says so, and compares what it prints. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'
import { freePort } from '../support/free-port.js'
import { type Block, blocksOf, root } from './blocks.js'
import { newFolder } from './folder.js'
import { Running, readersEnv } from './running.js'

/** What a test does with the pages of a document. `url` maps an address that the document names to the one that serves here. */
export interface Visitor {
  page(block: Block, url: (named: string) => string): Promise<void>
  /** Lines for the console of the page that was opened last, or of the server's own; `prints` says whether they have printed what they should. */
  browser(code: string, url: (named: string) => string, prints: (text: string) => boolean): Promise<void>
}

const noVisitor: Visitor = {
  page: () => Promise.reject(new Error('This document needs a browser.')),
  browser: () => Promise.reject(new Error('This document needs a browser.')),
}

/** Ports that documents name; each walk has others in their place. */
const namedPorts = ['8080', '8443', '5173', '8000'] as const

const extensions: Readonly<Record<string, string>> = { js: 'mjs', jsx: 'jsx', ts: 'ts', python: 'py', html: 'html' }

/** Runs all blocks of a document, in its order and in a folder of its own, until the test is over. */
export async function walk(document: string, visitor: Visitor = noVisitor): Promise<void> {
  const walker = new Walker(newFolder(), await portsHere(), visitor)
  onTestFinished(() => walker.end())
  const blocks = blocksOf(document)
  walker.saveAll(blocks)
  for (const [at, block] of blocks.entries()) {
    const next = blocks[at + 1]
    try {
      await walker.run(block, next?.way === 'output' ? next.code : undefined)
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause)
      throw new Error(`${document}:${block.line} (${block.language} ${block.way}): ${why}`, { cause })
    }
  }
}

async function portsHere(): Promise<ReadonlyMap<string, number>> {
  const ports = new Map<string, number>()
  for (const port of namedPorts) ports.set(port, await freePort())
  return ports
}

class Walker {
  readonly #folder: string
  readonly #ports: ReadonlyMap<string, number>
  readonly #visitor: Visitor
  /** Servers by the port that they serve. */
  readonly #servers = new Map<string, Running>()
  #count = 0

  constructor(folder: string, ports: ReadonlyMap<string, number>, visitor: Visitor) {
    this.#folder = folder
    this.#ports = ports
    this.#visitor = visitor
  }

  /** A reader has saved the page when the server that serves it is started. A file that has several versions is saved again in its place. */
  saveAll(blocks: readonly Block[]): void {
    for (const block of blocks.toReversed())
      if (block.file && block.way !== 'config') this.#save(block, this.#here(block.code))
  }

  async run(block: Block, output: string | undefined): Promise<void> {
    const here = (text: string) => this.#here(text)
    const code = here(block.code)
    switch (block.way) {
      case 'install':
        return this.#checkInstalled(code)
      case 'create':
        return this.#create(code)
      case 'clone':
        return checkScripts(code, root)
      case 'config':
        return checkConfig(block)
      case 'output':
        return
      case 'module':
        this.#save(block, code)
        return
      case 'server':
        return this.#serve(block, code)
      case 'types':
        return this.#compile(block, code)
      case 'page':
        this.#save(block, code)
        return this.#visitor.page(block, here)
      case 'browser':
        return this.#visitor.browser(code, here, (text) => patternOf(here(output ?? ''), false).test(text))
      case 'program':
      case 'shell':
      case 'follow':
        return this.#print(block, code, output && here(output))
    }
  }

  async end(): Promise<void> {
    await Promise.all(Array.from(this.#servers.values(), (server) => server.stop()))
    rmSync(this.#folder, { recursive: true, force: true })
  }

  /** With the ports of this walk for those that the document names. */
  #here(text: string): string {
    let replaced = text
    for (const [named, port] of this.#ports)
      replaced = replaced.replaceAll(new RegExp(`\\b${named}\\b`, 'g'), `${port}`)
    return replaced
  }

  #save({ file, language, way, line }: Block, code: string): string {
    const name = file ?? `${way}-${line}-${this.#count++}.${extensions[language] ?? language}`
    const path = join(this.#folder, name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, code)
    return path
  }

  #start(block: Block, code: string): Running {
    const [command, args] = this.#commandOf(block, code)
    const env: NodeJS.ProcessEnv = {
      ...readersEnv(),
      CURL_HOME: this.#folder,
      ANYWIRE_URL: this.#here('http://127.0.0.1:8080/channels'),
      XDG_DATA_HOME: join(this.#folder, 'data'),
    }
    return new Running({ command, args, folder: this.#folder, env })
  }

  #commandOf(block: Block, code: string): [string, string[]] {
    if (block.language === 'sh') return ['sh', ['-e', '-c', code]]
    const file = this.#save(block, code)
    if (block.language === 'python') return [pythonWith('requests'), [file]]
    return [process.execPath, [file]]
  }

  async #serve(block: Block, code: string): Promise<void> {
    const [named = '8080'] = namedPorts.filter((port) => block.code.includes(port))
    const port = this.#ports.get(named)!
    await this.#servers.get(named)?.stop()
    const server = this.#start(block, code)
    this.#servers.set(named, server)
    await server.listens(port)
  }

  async #print(block: Block, code: string, output = ''): Promise<void> {
    const running = this.#start(block, code)
    onTestFinished(() => running.stop())
    if (block.way !== 'follow') return running.ends(patternOf(output, true))
    if (output === '') throw new Error('A block that is followed needs an output block.')
    await running.prints(patternOf(output, false))
    await running.stop()
  }

  /** `npm create anywire` would run the same file. */
  #create(code: string): void {
    const [, name = '', options = ''] = /^npm create anywire (\S+) -- (.*)\ncd \1$/m.exec(code) ?? []
    const args = [join(root, 'create-anywire', 'create.js'), name, ...options.split(' ')]
    const { status, stderr } = spawnSync(process.execPath, args, {
      cwd: this.#folder,
      env: readersEnv(),
      encoding: 'utf8',
    })
    if (status !== 0) throw new Error(stderr)
    checkScripts(code.replace(/^npm create .*$/m, ''), join(this.#folder, name))
  }

  async #compile(block: Block, code: string): Promise<void> {
    const file = this.#save(block, code)
    const compilerOptions = {
      strict: true,
      noEmit: true,
      skipLibCheck: true,
      module: 'NodeNext',
      target: 'ES2023',
      lib: ['ES2023', 'ESNext.Disposable', 'DOM'],
      types: [],
    }
    writeFileSync(join(this.#folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: [file] }))
    await this.#print({ ...block, language: 'sh', way: 'shell' }, 'npx tsc -p .', undefined)
  }

  #checkInstalled(code: string): void {
    for (const { 1: names = '' } of code.matchAll(/^npm install (.*?)(?: *#.*)?$/gm)) {
      for (const name of names.split(' ').filter((word) => word !== '--save-dev')) {
        if (!existsSync(join(this.#folder, 'node_modules', name))) throw new Error(`"${name}" is not tested here.`)
      }
    }
  }
}

function checkScripts(code: string, folder: string): void {
  const { scripts } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  for (const [line, name = ''] of code.matchAll(/\bnpm (?:run )?(\w+)/g)) {
    if (name !== 'install' && !Object.hasOwn(scripts, name))
      throw new Error(`package.json has no script for "${line}".`)
  }
}

/** The lines stand in the file in this order, whatever stands between them. */
function checkConfig({ file = '', code }: Block): void {
  const lines = readFileSync(root + file, 'utf8')
    .split('\n')
    .map((line) => line.trim())
  let at = 0
  for (const line of code
    .split('\n')
    .map((text) => text.trim())
    .filter(Boolean)) {
    at = lines.indexOf(line, at) + 1
    if (at === 0) throw new Error(`${file} has no line "${line}" there.`)
  }
}

/** Debian's python3 has Debian's packages; another one that comes first may have its own. */
function pythonWith(module: string): string {
  const found = ['python3', '/usr/bin/python3'].find((name) => spawnSync(name, ['-c', `import ${module}`]).status === 0)
  if (!found) throw new Error(`No python3 here has the package "${module}": scripts/setup installs it.`)
  return found
}

/** Lines and ends of lines count; "…" is any text. */
function patternOf(output: string, whole: boolean): RegExp {
  const escaped = output
    .trimEnd()
    .replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
    .replaceAll('…', '[^]*?')
  return new RegExp(`^${escaped}${whole ? '\\s*$' : ''}`)
}
