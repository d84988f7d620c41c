/** The dashboard at `/$/admin`: its page and files, with the policy that they need. They hold no secret. */
import { readFileSync } from 'node:fs'
import { AnywireError } from '../protocol/error.js'

export const dashboardPath = '/$/admin'

/** Made from `playground/src/admin` by `npm run build`. */
const folder = new URL('../../dist/admin/dashboard/', import.meta.url)

const files: Readonly<Record<string, readonly [file: string, type: string]>> = {
  [dashboardPath]: ['index.html', 'text/html; charset=utf-8'],
  [`${dashboardPath}/app.js`]: ['app.js', 'text/javascript; charset=utf-8'],
  [`${dashboardPath}/app.css`]: ['app.css', 'text/css; charset=utf-8'],
  [`${dashboardPath}/icon.svg`]: ['icon.svg', 'image/svg+xml'],
}

/** Nothing runs but what is served here, and nothing is asked but this port. */
export const policy = [
  "default-src 'none'",
  ...["script-src 'self'", "style-src 'self'", "img-src 'self'", "connect-src 'self'"],
  ...["base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"],
  ...["require-trusted-types-for 'script'", "trusted-types 'none'"],
].join('; ')

const read = new Map<string, string>()

/**
 * Undefined: the dashboard has no such file. Each is read when it is first asked for.
 * @throws AnywireError `internal` where the package was bundled without it.
 */
export function dashboardFile(path: string): { readonly type: string; readonly text: string } | undefined {
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
    throw new AnywireError('internal', 'The files of the dashboard are not beside the package.', { cause })
  }
}
