/** Where the certificates for development are kept: made once, in the user's data folder. */
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { type KeyAndCertificate, makeAuthority, signLocalhost } from './certificate.js'

export interface CertificateFiles {
  readonly cert: string
  readonly key: string
}

const renewMs = 30 * 86_400_000

/** `$XDG_DATA_HOME/anywire`, or what stands for it on this system. */
export function dataFolder(env: NodeJS.ProcessEnv = process.env, platform = process.platform): string {
  if (env.XDG_DATA_HOME) return join(env.XDG_DATA_HOME, 'anywire')
  if (platform === 'win32') return join(env.LOCALAPPDATA ?? join(homedir(), 'AppData', 'Local'), 'anywire')
  if (platform === 'darwin') return join(homedir(), 'Library', 'Application Support', 'anywire')
  return join(homedir(), '.local', 'share', 'anywire')
}

/** The authority's files; made if there are none, or if it has less than a month left. */
export async function authorityFiles(folder = dataFolder()): Promise<CertificateFiles> {
  const files = { cert: join(folder, 'ca.pem'), key: join(folder, 'ca-key.pem') }
  sweep(folder)
  if (!lasts(files)) keep(folder, files, await makeAuthority())
  return files
}

/**
 * A certificate for `localhost`, names below it and the loopback addresses, as `createSecureServer` takes it. It is
 * made once, kept in this user's data folder, and signed by an authority of this machine alone, which browsers believe
 * after `anywire trust`.
 */
export async function localhostCertificate(): Promise<KeyAndCertificate> {
  return read(await localhostFiles())
}

/**
 * The files of the certificate for `localhost`; made anew if it is not of the authority or of its key, or has less than
 * a month left.
 */
export async function localhostFiles(folder = dataFolder()): Promise<CertificateFiles> {
  const files = { cert: join(folder, 'localhost.pem'), key: join(folder, 'localhost-key.pem') }
  const authority = read(await authorityFiles(folder))
  if (!lasts(files, new X509Certificate(authority.cert))) keep(folder, files, await signLocalhost(authority))
  return files
}

function lasts({ cert, key }: CertificateFiles, issuer?: X509Certificate): boolean {
  if (!existsSync(cert) || !existsSync(key)) return false
  const certificate = new X509Certificate(readFileSync(cert))
  if (issuer && !certificate.verify(issuer.publicKey)) return false
  // A process that was killed may have kept a new key beside an old certificate.
  if (!certificate.checkPrivateKey(createPrivateKey(readFileSync(key)))) return false
  return Date.parse(certificate.validTo) - Date.now() > renewMs
}

function read({ cert, key }: CertificateFiles): KeyAndCertificate {
  return { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') }
}

/** The key is for this user alone. Whole files take the place of others, so that nobody reads half of one. */
function keep(folder: string, files: CertificateFiles, made: KeyAndCertificate): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  for (const [file, text, mode] of [
    [files.key, made.key, 0o600],
    [files.cert, made.cert, 0o644],
  ] as const) {
    const draft = `${file}.${process.pid}`
    writeFileSync(draft, text, { mode })
    renameSync(draft, file)
  }
}

/** Takes away drafts of processes that were killed: they hold keys. */
function sweep(folder: string): void {
  if (!existsSync(folder)) return
  for (const name of readdirSync(folder)) {
    const [, pid] = /^(?:ca|localhost)(?:-key)?\.pem\.(\d+)$/.exec(name) ?? []
    if (pid !== undefined && !isAlive(Number(pid))) rmSync(join(folder, name), { force: true })
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (thrown) {
    return (thrown as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}
