/** The files of a page that comes with the package, and the headers that it needs. They hold no secret. */
import { readFileSync } from 'node:fs'
import { AnywireError } from '../protocol/error.js'

/** Nothing runs but what is served beside it, and nothing is asked but its own origin. */
const policy = [
  "default-src 'none'",
  ...["script-src 'self'", "style-src 'self'", "img-src 'self'", "connect-src 'self'"],
  ...["base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"],
  ...["require-trusted-types-for 'script'", "trusted-types 'none'"],
].join('; ')

/** Of a page, and of all that is answered beside it. */
export const pageHeaders = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'content-security-policy': policy,
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
} as const

export interface PageFile {
  readonly type: string
  readonly text: string
}

const types = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
} as const

/** A file of the folder: its name says its type. */
export type FileName = `${string}.${keyof typeof types}`

/** Each is read when it is first asked for. */
export class PageFiles {
  readonly #folder: URL
  readonly #names: ReadonlyMap<string, FileName>
  readonly #texts = new Map<FileName, string>()

  /** `names`: of the files, by the path of each. */
  constructor(folder: URL, names: Readonly<Record<string, FileName>>) {
    this.#folder = folder
    this.#names = new Map(Object.entries(names))
  }

  /**
   * Undefined: there is no such file.
   * @throws AnywireError `internal` where the package was bundled without it.
   */
  at(path: string): PageFile | undefined {
    const name = this.#names.get(path)
    if (name === undefined) return undefined
    const text = this.#texts.get(name) ?? this.#read(name)
    this.#texts.set(name, text)
    return { type: typeOf(name), text }
  }

  #read(name: FileName): string {
    try {
      return readFileSync(new URL(name, this.#folder), 'utf8')
    } catch (cause) {
      throw new AnywireError('internal', 'The files of this page are not beside the package.', { cause })
    }
  }
}

function typeOf(name: FileName): string {
  return types[name.slice(name.lastIndexOf('.') + 1) as keyof typeof types]
}
