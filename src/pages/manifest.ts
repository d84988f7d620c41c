/** Vite's manifest (`build.manifest`): what an entry loads, for pages whose HTML a program makes. */
import { readFileSync } from 'node:fs'
import { AnywireError } from '../protocol/error.js'
import type { Reference, References } from './references.js'

interface Chunk {
  readonly file: string
  readonly css?: readonly string[]
  /** Names of other chunks. */
  readonly imports?: readonly string[]
}

export type Manifest = Readonly<Record<string, Chunk>>

/** @throws AnywireError `bad-request` if there is none in the file. */
export function readManifest(file: string): Manifest {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch (cause) {
    const sentence = `There is no manifest of Vite in ${file}: build the pages with "build.manifest" turned on.`
    throw new AnywireError('bad-request', sentence, { cause })
  }
}

/** Stylesheets first, as the page waits for them. `mount` is where the built files are served. */
export function referencesOf(manifest: Manifest, entry: string, mount: string, most: number): References {
  const chunks = new Set<Chunk>()
  const gather = (name: string): void => {
    const chunk = Object.hasOwn(manifest, name) ? manifest[name] : undefined
    if (!chunk || chunks.has(chunk)) return
    chunks.add(chunk)
    for (const other of chunk.imports ?? []) gather(other)
  }
  gather(entry)
  const styles = [...new Set([...chunks].flatMap(({ css = [] }) => css))]
  const as =
    (how: string) =>
    (file: string): Reference => ({ href: `${mount}/${file}`, how })
  const modules = [...chunks].map(({ file }) => file).filter((file) => file.endsWith('.js'))
  const all = [...styles.map(as('rel=preload; as=style')), ...modules.map(as('rel=modulepreload'))]
  return { all: all.slice(0, most) }
}
