/** The documents that a user reads, and their code blocks: each block says in its first line how it is run. */
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../..', import.meta.url))

/** What the first line of a block says after its language, and what a walk does with the block. */
export const ways = {
  install: 'shell lines that install packages; the walk checks that these packages are there',
  create:
    'shell lines that make an application from a template; the walk makes it, and checks that npm knows its scripts',
  clone: 'shell lines for a clone of the repository; the walk checks that npm knows these scripts',
  server: 'a program or a shell line that serves until the next server, or the end of the document',
  program: 'a program that ends by itself and prints the output block after it',
  shell: 'shell lines that end by themselves and print the output block after them',
  follow: 'the same, but stopped once the output block after it has come',
  output: 'what the block before it prints; "…" stands for any text',
  module: 'a file that other blocks use',
  types: 'a file that the TypeScript compiler accepts',
  page: 'a file that a browser opens',
  browser: 'lines for the console of that page',
  config: 'lines of the file in this repository that is named',
} as const

export type Way = keyof typeof ways

export interface Block {
  readonly document: string
  /** Line of the document in which it begins. */
  readonly line: number
  readonly language: string
  readonly way: Way
  /** The file to save it as. */
  readonly file: string | undefined
  readonly code: string
}

/** README.md and the guides, as paths from the root of the repository. */
export const documents: readonly string[] = [
  'README.md',
  ...readdirSync(`${root}docs`)
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
]

export function textOf(document: string): string {
  return readFileSync(root + document, 'utf8')
}

const fence = /^```(.*)\n([\s\S]*?)^```$/gm

export function blocksOf(document: string): Block[] {
  const text = textOf(document)
  return Array.from(text.matchAll(fence), ({ 1: info = '', 2: code = '', index }) => {
    const [language = '', way = '', file, ...rest] = info.split(' ')
    const line = text.slice(0, index).split('\n').length
    if (!Object.hasOwn(ways, way) || rest.length > 0) {
      throw new Error(`${document}:${line} begins with "${info}": say a language, how it is run, and its file.`)
    }
    return { document, line, language, way: way as Way, file, code }
  })
}

/** Whether a document is walked with a browser. */
export function needsBrowser(document: string): boolean {
  return blocksOf(document).some(({ way }) => way === 'page' || way === 'browser')
}
