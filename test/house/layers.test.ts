/** The import rule: who may import whom, which packages each folder may use, and that no files import each other in a circle. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const source = fileURLToPath(new URL('../../src', import.meta.url))

/** The folders that a folder may import besides itself, and the packages it may use. `index.ts` is the public surface above `server`. */
const rule: Readonly<Record<string, { folders: readonly string[]; packages: readonly string[] }>> = {
  protocol: { folders: [], packages: [] },
  client: { folders: ['protocol'], packages: ['@standard-schema/spec', 'ws'] },
  react: { folders: ['protocol', 'client'], packages: ['react'] },
  workers: { folders: ['protocol'], packages: ['comlink'] },
  yjs: { folders: ['protocol', 'client'], packages: ['yjs', 'y-protocols'] },
  core: { folders: ['protocol'], packages: ['@standard-schema/spec'] },
  stores: { folders: ['protocol', 'core'], packages: ['@nats-io/transport-node', '@redis/client', 'lmdb'] },
  wires: { folders: ['protocol', 'core'], packages: [] },
  server: {
    folders: ['protocol', 'core', 'stores', 'wires'],
    packages: ['@standard-schema/spec', 'yjs'],
  },
  jwt: { folders: ['protocol', 'core', 'server'], packages: ['jose'] },
  config: { folders: ['protocol', 'core', 'stores', 'server', 'jwt'], packages: [] },
  admin: {
    folders: ['protocol', 'core', 'server'],
    packages: ['@opentelemetry/api', '@standard-schema/spec', 'prom-client'],
  },
  tls: { folders: [], packages: ['node-forge'] },
  pages: { folders: ['protocol', 'core', 'wires', 'server'], packages: ['parse5', 'send'] },
  'index.ts': {
    folders: ['protocol', 'core', 'stores', 'wires', 'server', 'pages', 'tls', 'config'],
    packages: ['@standard-schema/spec'],
  },
  cli: {
    folders: ['protocol', 'core', 'stores', 'wires', 'server', 'client', 'tls', 'jwt', 'config', 'admin', 'index.ts'],
    packages: ['commander', 'pino', 'ws'],
  },
  testing: { folders: ['protocol', 'core'], packages: ['vitest'] },
}

const imports =
  /(?:^|\n)\s*(?:import|export)\s[^'"`;]*?\s*from\s*'([^']+)'|(?:^|\n)\s*import\s*'([^']+)'|\bimport\(\s*'([^']+)'\s*\)/g

/** Each file below `src` that is shipped, with what it imports. */
const graph: ReadonlyMap<string, readonly string[]> = new Map(
  readdirSync(source, { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.[jt]s$/.test(file) && !file.endsWith('.test.ts'))
    .map((file) => [file, importsOf(file)]),
)

function importsOf(file: string): string[] {
  const text = readFileSync(join(source, file), 'utf8')
  return [...text.matchAll(imports)].map(([, from, bare, later]) => {
    const name = (from ?? bare ?? later)!
    return name.startsWith('.') ? fileAt(join(dirname(file), name)) : name
  })
}

/** Most files are TypeScript; what a thread loads as it is, is not. */
function fileAt(path: string): string {
  const file = normalize(path)
  return existsSync(join(source, file)) ? file : file.replace(/\.js$/, '.ts')
}

const folderOf = (file: string) => file.split('/')[0]!
const packageOf = (name: string) => name.match(/^(@[^/]+\/)?[^/]+/)![0]

/** The imports between our own files, as [from, to]. */
function inner(): [string, string][] {
  return [...graph].flatMap(([file, names]) =>
    names.filter((name) => graph.has(name)).map((name) => [file, name] as [string, string]),
  )
}

/** Circles among the imports, those of types too: files of a circle can only be read together. */
function circles(): string[] {
  const found: string[] = []
  const done = new Set<string>()
  const visit = (file: string, path: readonly string[]) => {
    if (path.includes(file)) found.push([...path.slice(path.indexOf(file)), file].join(' → '))
    if (path.includes(file) || done.has(file)) return
    for (const name of graph.get(file) ?? []) if (graph.has(name)) visit(name, [...path, file])
    done.add(file)
  }
  for (const file of graph.keys()) visit(file, [])
  return found
}

describe('imports', () => {
  it('are found in every folder', () => {
    expect([...new Set([...graph.keys()].map(folderOf))].sort()).toEqual(Object.keys(rule).sort())
  })

  it('run one way: protocol ◄ core ◄ stores, wires ◄ server ◄ pages ◄ cli', () => {
    const wrong = inner().filter(([from, to]) => {
      const allowed = [folderOf(from), ...(rule[folderOf(from)]?.folders ?? [])]
      return !allowed.includes(folderOf(to))
    })
    expect(wrong).toEqual([])
  })

  it('name files that exist', () => {
    const missing = [...graph].flatMap(([file, names]) =>
      names.filter((name) => /\.[jt]s$/.test(name) && !graph.has(name)).map((name) => `${file}: ${name}`),
    )
    expect(missing).toEqual([])
  })

  it('use the packages that their folder may use', () => {
    const wrong = [...graph].flatMap(([file, names]) =>
      names
        .filter((name) => !/\.[jt]s$/.test(name) && !name.startsWith('node:'))
        .filter((name) => !rule[folderOf(file)]?.packages.includes(packageOf(name)))
        .map((name) => `${file}: ${name}`),
    )
    expect(wrong).toEqual([])
  })

  it('make no circle', () => {
    expect(circles()).toEqual([])
  })
})

describe('the public surface', () => {
  it.each([
    'index.ts',
    'admin/index.ts',
    'client/index.ts',
    'jwt/index.ts',
    'protocol/index.ts',
    'react/index.ts',
    'stores/rules/index.ts',
    'testing/index.ts',
    'workers/index.ts',
    'yjs/index.ts',
  ])('%s exports by name', (file) => {
    expect(readFileSync(join(source, file), 'utf8')).not.toMatch(/export \*/)
  })
})

describe('every source file', () => {
  it('opens with a line that says its job', () => {
    const silent = [...graph.keys()].filter(
      (file) => !/^(#!.*\n)?\/\*\* .* \*\/\n/.test(readFileSync(join(source, file), 'utf8')),
    )
    expect(silent).toEqual([])
  })
})
