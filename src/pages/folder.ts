/** The folder of a site: which of its files a URL asks for, and what its pages load. */
import { type FileHandle, open, realpath, stat } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { isUnder } from '../server/http/target.js'
import { type Manifest, referencesOf } from './manifest.js'
import { type References, referencesIn } from './references.js'

/** What a page loads, of its own origin. */
export interface Asset {
  /** Path and query, as a browser asks for it. */
  readonly url: string
  /** A value of the field `Link`. */
  readonly link: string
}

interface Seen {
  readonly mtimeMs: number
  readonly size: number
  readonly references: References
}

/** What a page needs stands at its beginning. */
const headBytes = 65_536
const pagesRemembered = 1_000
/** Stands for the page's own origin, whatever the client calls it. */
const own = 'http://own.invalid'

export interface FolderOptions {
  /** What stands before its files in URLs. */
  readonly mount: string
  readonly manifest: Manifest
  readonly mostAssets: number
  /** Whether symbolic links may lead out of it. */
  readonly outerLinks: boolean
}

export class Folder {
  readonly #root: string
  readonly #mount: string
  readonly #manifest: Manifest
  readonly #most: number
  readonly #outerLinks: boolean
  readonly #seen = new Map<string, Seen>()

  constructor(root: string, { mount, manifest, mostAssets, outerLinks }: FolderOptions) {
    this.#root = root
    this.#mount = mount
    this.#manifest = manifest
    this.#most = mostAssets
    this.#outerLinks = outerLinks
  }

  /**
   * The file that a URL asks for, as a name below the folder; the mount path itself is the folder, ''. Undefined where
   * it lies outside, or is hidden by a dot.
   */
  nameOf(url: string): string | undefined {
    const [path = ''] = url.split('?', 1)
    if (!isUnder(path, this.#mount)) return undefined
    if (path === this.#mount) return ''
    const segments = path.slice(this.#mount.length + 1).split('/')
    if (segments.at(-1) === '') segments[segments.length - 1] = 'index.html'
    try {
      const names = segments.map(decodeURIComponent)
      return names.every(isPlain) ? names.join('/') : undefined
    } catch {
      return undefined
    }
  }

  pathOf(name: string): string {
    return join(this.#root, name)
  }

  async has(name: string): Promise<boolean> {
    const found = await stat(this.pathOf(name)).catch(() => undefined)
    return found?.isFile() === true && (await this.holds(name))
  }

  /**
   * Whether a name leads to something that lies in the folder, however many symbolic links are on the way. The folder
   * itself may be one, to what is replaced.
   */
  async holds(name: string): Promise<boolean> {
    if (this.#outerLinks) return true
    try {
      const [root, found] = await Promise.all([realpath(this.#root), realpath(this.pathOf(name))])
      return found === root || found.startsWith(root.endsWith(sep) ? root : root + sep)
    } catch {
      return false // nothing is there
    }
  }

  /**
   * What a page loads that is asked for by `url`: none of what other origins have. `page` is an entry of the manifest,
   * or the name of an HTML file.
   */
  async assetsOf(page: string, url: string): Promise<Asset[]> {
    const { base = '', all } = await this.#referencesOf(page)
    const from = new URL(base, new URL(url, own))
    return all.flatMap(({ href, how }) => {
      const found = URL.canParse(href, from) ? new URL(href, from) : undefined
      if (found?.origin !== own) return []
      const asset = found.pathname + found.search
      return [{ url: asset, link: `<${asset}>; ${how}` }]
    })
  }

  async #referencesOf(page: string): Promise<References> {
    if (Object.hasOwn(this.#manifest, page)) return referencesOf(this.#manifest, page, this.#mount, this.#most)
    const file = await open(this.pathOf(page))
    try {
      return await this.#read(page, file)
    } finally {
      await file.close()
    }
  }

  /** As long as the file stays as it is, it is read once. */
  async #read(page: string, file: FileHandle): Promise<References> {
    const { mtimeMs, size } = await file.stat()
    const seen = this.#seen.get(page)
    if (seen?.mtimeMs === mtimeMs && seen.size === size) return seen.references
    const { buffer, bytesRead } = await file.read(Buffer.alloc(headBytes), 0, headBytes, 0)
    const references = await referencesIn(buffer.toString('utf8', 0, bytesRead), this.#most)
    if (this.#seen.size >= pagesRemembered) this.#seen.clear()
    this.#seen.set(page, { mtimeMs, size, references })
    return references
  }
}

/** A name that means itself on every system, and is none that its owner has hidden. */
function isPlain(segment: string): boolean {
  return segment !== '' && !segment.startsWith('.') && !/[/\\\0]/.test(segment)
}
