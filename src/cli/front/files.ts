/** The files of the page at `/`, made from `playground/src/front` by `npm run build`. They hold no secret. */
import { readFileSync } from 'node:fs'
import { AnywireError } from '../../protocol/index.js'

export interface FrontFile {
  readonly type: string
  readonly text: string
}

const folder = new URL('../../../dist/front/', import.meta.url)

const files: Readonly<Record<string, readonly [file: string, type: string]>> = {
  '/': ['index.html', 'text/html; charset=utf-8'],
  '/$/page.js': ['page.js', 'text/javascript; charset=utf-8'],
  '/$/page.css': ['page.css', 'text/css; charset=utf-8'],
  '/$/icon.svg': ['icon.svg', 'image/svg+xml'],
}

const read = new Map<string, string>()

/**
 * Undefined: there is no such file. Each is read when it is first asked for.
 * @throws AnywireError `internal` where the package was built without it.
 */
export function frontFile(path: string): FrontFile | undefined {
  const found = Object.hasOwn(files, path) ? files[path] : undefined
  if (!found) return undefined
  const [file, type] = found
  const text = read.get(file) ?? textOf(file)
  read.set(file, text)
  return { type, text }
}

function textOf(file: string): string {
  try {
    return readFileSync(new URL(file, folder), 'utf8')
  } catch (cause) {
    throw new AnywireError('internal', 'The files of the page are not beside the package.', { cause })
  }
}
