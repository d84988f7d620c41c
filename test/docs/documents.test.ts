/** README.md and the guides keep their form: short lines and sentences, links that lead somewhere, the first example on the first screen. */
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { meanings } from '../../src/protocol/error.js'
import { blocksOf, documents, root, textOf } from './blocks.js'
import { sentenceLengths } from './sentences.js'

const others = ['PROTOCOL.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md', 'ARCHITECTURE.md']
const link = /\]\(([^)#\s]+)(?:#([^)\s]*))?\)/g

/** What a reader sees of these lines of a document, without code: from `from` to the one before `to`. */
const proseOf = (document: string, from: number, to: number) =>
  textOf(document)
    .split('\n')
    .slice(from - 1, to - 1)
    .join('\n')
    .replaceAll(/^```[\s\S]*?^```$/gm, '')

/** What GitHub makes of a heading in a link. */
const slugOf = (heading: string) =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-')

function leads(file: string, heading: string): boolean {
  if (!existsSync(join(root, file))) return false
  if (heading === '') return true
  return Array.from(textOf(file).matchAll(/^#+ (.*)$/gm), ([, text = '']) => slugOf(text)).includes(heading)
}

describe.each([...documents, ...others])('%s', (document) => {
  const text = textOf(document)

  it('has no line over 120 columns, but for tables', () => {
    const long = text.split('\n').filter((line) => line.length > 120 && !line.trimStart().startsWith('|'))
    expect(long).toEqual([])
  })

  it('has 25 words at most in nine of ten sentences, and never over 30', () => {
    const lengths = sentenceLengths(text)
    expect(lengths[Math.floor(lengths.length * 0.9)]).toBeLessThanOrEqual(25)
    expect(lengths.at(-1)).toBeLessThanOrEqual(30)
  })

  it('links to files and headings that exist', () => {
    const targets = Array.from(text.matchAll(link), ([, file = '', heading = '']) => ({ file, heading }))
    const local = targets.filter(({ file }) => !/^(https?|mailto):/.test(file))
    expect(local.filter(({ file, heading }) => !leads(join(dirname(document), file), heading))).toEqual([])
  })
})

// The first line of a block says both to the tests, but a reader does not see it.
describe.each(documents)('the text of %s', (document) => {
  it('names each file that a reader saves, before its code', () => {
    // Getting started calls the server of a guide `server.mjs`.
    const known = (file?: string) => file === undefined || file === 'server.mjs'
    const saved = blocksOf(document).filter(({ file, way }) => !known(file) && way !== 'config')
    const nameless = saved.filter(({ file, line }) => !proseOf(document, 1, line).includes(`\`${file}\``))
    expect(nameless.map(({ file, line }) => `${document}:${line} does not name \`${file}\``)).toEqual([])
  })

  it('says that a server is stopped before another one takes its port', () => {
    const servers = blocksOf(document).flatMap(({ way, code, line }) => {
      const port = way === 'server' && code.match(/(?:listen\(|--port )(\d+)/)?.[1]
      return port ? [{ port, line }] : []
    })
    const unsaid = servers.filter(({ port, line }, at) => {
      const before = servers.slice(0, at).findLast((other) => other.port === port)
      return before && !/\bstop\b/i.test(proseOf(document, before.line, line))
    })
    expect(unsaid.map(({ line }) => `${document}:${line}`)).toEqual([])
  })
})

describe.each(['PROTOCOL.md', 'docs/errors.md'])('the table of errors in %s', (document) => {
  it('has each code with its status', () => {
    const rows = Array.from(textOf(document).matchAll(/^\| (`[^|]*) \| (\d{3})\b/gm), ([, codes = '', http]) =>
      Array.from(codes.matchAll(/`([a-z-]+)`/g), ([, code]) => [code, Number(http)]),
    )
    const declared = Object.entries(meanings).map(([code, { http }]) => [code, http])
    expect(Object.fromEntries(rows.flat())).toEqual(Object.fromEntries(declared))
  })
})

describe('README.md', () => {
  it('shows a server and a client before line 40, and has at most 150 lines', () => {
    const [install, server, page] = blocksOf('README.md')
    expect([install?.way, server?.way, page?.way]).toEqual(['install', 'server', 'page'])
    expect(page!.line + page!.code.split('\n').length).toBeLessThan(41)
    expect(textOf('README.md').split('\n').length).toBeLessThanOrEqual(151)
  })
})

describe('docs/README.md', () => {
  it('lists every guide', () => {
    const listed = Array.from(textOf('docs/README.md').matchAll(link), ({ 1: target }) => `docs/${target}`)
    const guides = documents.filter((name) => name.startsWith('docs/') && name !== 'docs/README.md')
    expect(guides.filter((name) => !listed.includes(name))).toEqual([])
  })
})
