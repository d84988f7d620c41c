/** `deploy`: its files fit each other, the options of `anywire serve`, and what their tools ask for. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { validate } from 'dockerfile-utils'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { readEnvironment } from '../../src/config/environment.js'
import { optionsOf } from '../../src/config/option.js'
import { schema } from '../../src/config/schema.js'
import { closeOptionsOf } from '../../src/config/together.js'
import { root } from '../docs/blocks.js'

const text = (file: string) => readFileSync(join(root, 'deploy', file), 'utf8')

/** Sentences about variables that `anywire serve` does not know, or whose value cannot be. */
function faultsOf(env: Record<string, string>): readonly string[] {
  const options = optionsOf(schema)
  const { texts, problems } = readEnvironment(env, options)
  const unread = options.filter(({ name, option }) => {
    const given = texts.get(name)
    return given !== undefined && option.kind.read(given) === undefined
  })
  return [...problems, ...unread.map(({ name }) => name)]
}

/** Longer than all that a server may take to leave. */
const longEnough = (seconds: number) => {
  const { lameMs, graceMs = 0 } = closeOptionsOf({ admin: '127.0.0.1:9090', drain: { graceMs: usualGraceMs } })
  return seconds * 1_000 > lameMs + graceMs
}
const usualGraceMs = Number(schema.drain.graceMs.usual)

describe('the Dockerfile', () => {
  const dockerfile = text('Dockerfile')

  it('is one that its linter finds no fault with', () => {
    expect(validate(dockerfile).map(({ message, range }) => `${range.start.line + 1}: ${message}`)).toEqual([])
  })

  it('names options that there are, and runs what is in the package', () => {
    const env = Object.fromEntries(
      Array.from(dockerfile.matchAll(/(ANYWIRE_\w+)=(\S+)/g), ([, name, value]) => [name, value]),
    )
    expect(Object.keys(env)).toHaveLength(5)
    expect(faultsOf(env)).toEqual([])
    const { bin } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
    const programs = Array.from(
      dockerfile.matchAll(/\/app\/node_modules\/anywire\/([^"]+)/g),
      ([, file]) => `./${file}`,
    )
    expect(programs).toEqual([`./${bin.anywire.replace('./', '')}`, `./${bin.anywire.replace('./', '')}`])
  })
})

interface Service {
  readonly environment?: Record<string, string>
  readonly stop_grace_period?: string
  readonly read_only?: boolean
  readonly depends_on?: readonly string[] | Record<string, unknown>
  readonly volumes?: readonly string[]
}

describe.each(['compose.yaml', 'cluster.yaml'])('compose/%s', (file) => {
  const { services, volumes } = parse(text(`compose/${file}`), { merge: true }) as {
    services: Record<string, Service>
    volumes: object
  }
  const own = Object.entries(services).filter(([name]) => /^(anywire|node\d)$/.test(name))

  it('gives nodes options that there are, the time to leave, and nothing to write but their disk', () => {
    expect(own.length).toBeGreaterThan(0)
    for (const [, { environment = {}, stop_grace_period = '', read_only }] of own) {
      expect(faultsOf(environment)).toEqual([])
      expect(longEnough(Number(stop_grace_period.replace('s', '')))).toBe(true)
      expect(read_only).toBe(true)
    }
  })

  it('names volumes, files and services that there are', () => {
    const here = readdirSync(join(root, 'deploy/compose'))
    for (const { volumes: mounted = [], depends_on = [] } of Object.values(services)) {
      const names = mounted.map((one) => one.split(':')[0] ?? '')
      const known = (name: string) =>
        name.startsWith('./') ? here.includes(name.slice(2)) : Object.hasOwn(volumes, name)
      expect(names.filter((name) => !known(name))).toEqual([])
      const others = Array.isArray(depends_on) ? depends_on : Object.keys(depends_on)
      expect(others.filter((name) => !Object.hasOwn(services, name))).toEqual([])
    }
  })
})

describe('compose/nginx.conf', () => {
  it('is the one that is tested in front of three nodes, but for addresses and folders', () => {
    const linesOf = (config: string) =>
      config
        .replaceAll(/node(\d):8080|127\.0\.0\.1:808(\d)\b(?=.*fail)/g, 'node')
        .replaceAll(/(listen )(127\.0\.0\.1:)?/g, '$1')
        .split('\n')
        .filter((line) => line.trim() !== '' && !line.startsWith('#') && !/_temp_path|^pid/.test(line))
    const tested = readFileSync(join(root, 'examples/cluster/nginx.conf'), 'utf8')
    expect(linesOf(text('compose/nginx.conf'))).toEqual(linesOf(tested))
  })
})

describe('systemd/anywire.service', () => {
  const unit = text('systemd/anywire.service')
  /** With programs that are here. */
  function here(): string {
    const file = join(mkdtempSync(join(tmpdir(), 'anywire-unit-')), 'anywire.service')
    writeFileSync(file, unit.replaceAll('/usr/bin/anywire', process.execPath))
    return file
  }

  it('is one that systemd finds no fault with', () => {
    expect(execFileSync('systemd-analyze', ['verify', here()], { encoding: 'utf8', stdio: 'pipe' })).toBe('')
  })

  it('is exposed by 2 of 10 at most, as systemd judges', () => {
    const judged = execFileSync('systemd-analyze', ['security', '--offline=true', '--threshold=20', here()], {
      encoding: 'utf8',
    })
    expect(judged).toMatch(/exposure level for anywire.service: [01]\.\d OK/)
  })

  it('names options that there are, and gives the time to leave', () => {
    const env = Object.fromEntries(
      Array.from(unit.matchAll(/^Environment=(ANYWIRE_\w+)=(\S+)/gm), ([, name, value]) => [name, value]),
    )
    expect(Object.keys(env)).toHaveLength(3)
    expect(faultsOf(env)).toEqual([])
    expect(longEnough(Number(/^TimeoutStopSec=(\d+)$/m.exec(unit)?.[1]))).toBe(true)
  })
})

/** Helm itself is not in Debian: this reads the chart, and does not render it. */
describe('helm/anywire', () => {
  const values = parse(text('helm/anywire/values.yaml'))
  const templates = readdirSync(join(root, 'deploy/helm/anywire/templates')).map((name) => {
    return [name, text(`helm/anywire/templates/${name}`)] as const
  })

  it('has the version of the package', () => {
    const { version, appVersion } = parse(text('helm/anywire/Chart.yaml'))
    const own = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version
    expect({ version, appVersion }).toEqual({ version: own, appVersion: own })
  })

  it('has a default for each value that a template asks for, and asks for each', () => {
    const asked = templates.flatMap(([, template]) =>
      Array.from(template.matchAll(/\.Values\.([\w.]+)/g), ([, path = '']) => path),
    )
    const found = (path: string) => path.split('.').reduce((at, name) => at?.[name], values)
    expect(asked.filter((path) => found(path) === undefined)).toEqual([])
    expect(Object.keys(values).filter((name) => !asked.some((path) => path.split('.')[0] === name))).toEqual([])
  })

  it.each(templates)('%s ends what it begins, and includes what there is', (_name, template) => {
    const opened = template.match(/\{\{-? *(if|with|range|define) /g) ?? []
    const ended = template.match(/\{\{-? *end -?\}\}/g) ?? []
    expect(ended).toHaveLength(opened.length)
    const defined = templates.flatMap(([, one]) => Array.from(one.matchAll(/define "([^"]+)"/g), ([, name]) => name))
    const included = Array.from(template.matchAll(/include "([^"]+)"/g), ([, name]) => name)
    expect(included.filter((name) => !defined.includes(name))).toEqual([])
  })

  it('configures options that there are, and gives the time to leave', () => {
    const names = optionsOf(schema).map(({ name }) => name)
    const flat = (group: object, above = ''): string[] =>
      Object.entries(group).flatMap(([name, one]) =>
        typeof one === 'object' ? flat(one, `${above}${name}.`) : `${above}${name}`,
      )
    expect(flat(values.config).filter((name) => !names.includes(name))).toEqual([])
    const { lameMs, graceMs } = values.config.drain
    expect(values.terminationGracePeriodSeconds * 1_000).toBeGreaterThan(lameMs + graceMs)
  })
})
