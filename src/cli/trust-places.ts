/** Where a system and its browsers keep the authorities they believe, and the commands that change it. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'
import { authorityName } from '../tls/certificate.js'

/** One command, to be run or shown. */
export interface TrustCommand {
  readonly text: string
  /** Whether it worked. */
  run(): boolean
}

export interface Place {
  readonly name: string
  /** By this user, without a question being asked. */
  readonly mayBeChanged: boolean
  /** What is missing, if it may not. */
  readonly why?: string
  readonly add: readonly TrustCommand[]
  readonly remove: readonly TrustCommand[]
}

export function trustPlaces(cert: string, home = homedir(), platform = process.platform): readonly Place[] {
  if (platform === 'darwin') return [keychain(cert)]
  if (platform === 'win32') return [windowsRoot(cert)]
  return [...nssDatabases(home).map((folder) => nss(folder, cert)), debianRoot(cert)]
}

/** Chromium has one database, Firefox one in each profile. */
function nssDatabases(home: string): string[] {
  const profiles = ['.mozilla/firefox', 'snap/firefox/common/.mozilla/firefox'].flatMap((path) => {
    const folder = join(home, path)
    return existsSync(folder) ? readdirSync(folder).map((profile) => join(folder, profile)) : []
  })
  return [join(home, '.pki/nssdb'), ...profiles.filter((profile) => existsSync(join(profile, 'cert9.db')))]
}

function nss(folder: string, cert: string): Place {
  const database = `sql:${folder}`
  const begin = existsSync(join(folder, 'cert9.db'))
    ? []
    : [command('certutil', ['-N', '-d', database, '--empty-password'], () => mkdirSync(folder, { recursive: true }))]
  const installed = isInstalled('certutil')
  return {
    name: folder,
    mayBeChanged: installed,
    ...(!installed && { why: 'since certutil is missing (Debian: apt install libnss3-tools)' }),
    add: [...begin, command('certutil', ['-A', '-d', database, '-t', 'C,,', '-n', authorityName, '-i', cert])],
    remove: holds(database) ? [command('certutil', ['-D', '-d', database, '-n', authorityName])] : [],
  }
}

function holds(database: string): boolean {
  return command('certutil', ['-L', '-d', database, '-n', authorityName]).run()
}

const debianFile = '/usr/local/share/ca-certificates/anywire-local-ca.crt'

function debianRoot(cert: string): Place {
  const root = process.getuid?.() === 0
  const installed = isInstalled('update-ca-certificates')
  return {
    name: 'the certificates of this machine',
    mayBeChanged: root && installed,
    ...(!root && { why: 'which only root may change' }),
    add: [command('cp', [cert, debianFile], undefined, true), command('update-ca-certificates', [], undefined, true)],
    remove: [
      command('rm', ['-f', debianFile], undefined, true),
      command('update-ca-certificates', ['--fresh'], undefined, true),
    ],
  }
}

/** Asks for a password. */
function keychain(cert: string): Place {
  const store = ['-k', '/Library/Keychains/System.keychain']
  return {
    name: 'the keychain of this machine',
    mayBeChanged: false,
    add: [command('security', ['add-trusted-cert', '-d', '-r', 'trustRoot', ...store, cert], undefined, true)],
    remove: [command('security', ['remove-trusted-cert', '-d', cert], undefined, true)],
  }
}

/** Asks whether it is meant. */
function windowsRoot(cert: string): Place {
  return {
    name: "this user's authorities",
    mayBeChanged: false,
    add: [command('certutil', ['-addstore', '-user', 'Root', cert])],
    remove: [command('certutil', ['-delstore', '-user', 'Root', authorityName])],
  }
}

function command(program: string, values: readonly string[], before?: () => void, asRoot = false): TrustCommand {
  const words = [program, ...values].map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word}'`))
  const sudo = asRoot && process.getuid?.() !== 0 ? 'sudo ' : ''
  return {
    text: sudo + words.join(' '),
    run() {
      before?.()
      return spawnSync(program, values, { stdio: 'ignore' }).status === 0
    },
  }
}

function isInstalled(program: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, program)))
}
