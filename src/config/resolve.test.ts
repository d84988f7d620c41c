import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { limitDefaults } from '../core/limits.js'
import { flagOf, optionsOf, variableOf } from './option.js'
import { type FlagValue, resolveConfig } from './resolve.js'
import { schema } from './schema.js'

function fileWith(values: object): string {
  const file = join(mkdtempSync(join(tmpdir(), 'anywire-config-')), 'anywire.config.json')
  writeFileSync(file, JSON.stringify(values))
  return file
}

interface Given {
  readonly flags?: Record<string, FlagValue>
  readonly env?: Record<string, string>
  readonly file?: object
}

const resolved = ({ flags = {}, env = {}, file = {} }: Given) =>
  resolveConfig({ flags: new Map(Object.entries(flags)), env, file: fileWith(file) })

const problemsOf = async (given: Given) => (await resolved(given)).problems

describe('a configuration', () => {
  it('is made of the defaults where nobody says anything', async () => {
    const { config, problems } = await resolved({})
    expect(problems).toEqual([])
    expect(config).toMatchObject({ port: 8080, host: '127.0.0.1', path: '/channels', create: 'on-use' })
    expect(config.limits).toEqual(limitDefaults)
  })

  it('takes a flag before the environment, and that before the file', async () => {
    const env = { ANYWIRE_PORT: '2', ANYWIRE_HOST: 'b' }
    const { config, settings } = await resolved({ flags: { port: '1' }, env, file: { port: 3, host: 'c', path: '/c' } })
    expect(config).toMatchObject({ port: 1, host: 'b', path: '/c' })
    const from = Object.fromEntries(settings.map((one) => [one.name, one.from]))
    expect(from).toMatchObject({ port: '--port', host: 'ANYWIRE_HOST', create: 'default' })
    expect(from.path).toMatch(/anywire\.config\.json$/)
  })

  it('joins what different places say of a group', async () => {
    const { config } = await resolved({
      flags: { 'limits.bodyBytes': '5' },
      env: { ANYWIRE_LIMITS_STREAM_MS: 'null' },
      file: { limits: { bodyBytes: 7, nameBytes: 9 } },
    })
    expect(config.limits).toEqual({ ...limitDefaults, bodyBytes: 5, nameBytes: 9 })
  })

  it('reads each kind of value from text', async () => {
    const env = {
      ANYWIRE_TLS: 'true',
      ANYWIRE_HSTS: '60',
      ANYWIRE_ORIGINS: 'https://a.example, https://b.example',
      ANYWIRE_RULES: '{"a":{"keys":true}}',
      ANYWIRE_TRUST_PROXY: 'forwarded',
      ANYWIRE_COMPRESS: '{"level":1}',
      ANYWIRE_LIMITS_CONNECTIONS: 'null',
    }
    const { config, problems } = await resolved({ env })
    expect(problems).toEqual([])
    expect(config).toMatchObject({
      tls: true,
      hsts: 60,
      origins: ['https://a.example', 'https://b.example'],
      rules: { a: { keys: true } },
      trustProxy: 'forwarded',
      compress: { level: 1 },
      limits: { connections: null },
    })
  })

  it.each<[string, Given, RegExp]>([
    [
      'the environment',
      { env: { ANYWIRE_PROT: '1' } },
      /^There is no option ANYWIRE_PROT .*: did you mean ANYWIRE_PORT\?$/,
    ],
    ['a file', { file: { rules: {}, orgins: [] } }, /^There is no option "orgins" of .*: did you mean "origins"\?$/],
    ['a group', { file: { limits: { bodyBites: 1 } } }, /"limits\.bodyBites" .*: did you mean "limits\.bodyBytes"\?$/],
    [
      'no neighbour',
      { file: { somethingElse: 1 } },
      /^There is no option "somethingElse" .*"anywire config" lists them\.$/,
    ],
  ])('names the nearest option for one that is unknown in %s', async (_where, given, sentence) => {
    expect(await problemsOf(given)).toEqual([expect.stringMatching(sentence)])
  })

  it('says of each value what it must be', async () => {
    const given = {
      flags: { port: 'x', create: 'never' },
      env: { ANYWIRE_TLS: 'perhaps', ANYWIRE_RULES: '[1]', ANYWIRE_STORE: 'mysql://host' },
      file: { origins: 'https://a.example', limits: 7, hsts: 'long' },
    }
    const said = [
      '"limits" of F must be an object; it is 7.',
      '--port must be a whole number from 0 to 65535; it is "x".',
      'ANYWIRE_TLS must be true or false; it is "perhaps".',
      '"hsts" of F must be true, false or a whole number from 0 to 4000000000; it is "long".',
      '--create must be on-use or explicit; it is "never".',
      '"origins" of F must be an array of origins such as ["https://app.example"]; it is "https://a.example".',
      'ANYWIRE_STORE must be memory, disk:<folder>, redis://<host> or nats://<host>; it is something else.',
      'ANYWIRE_RULES must be an object of rules by pattern; it is "[1]".',
    ]
    const problems = await problemsOf(given)
    expect(problems.map((sentence) => sentence.replace(/of \S+config\.json/, 'of F'))).toEqual(said)
  })

  it('leaves alone what other commands, workers and Kubernetes put into the environment', async () => {
    const env = {
      ANYWIRE_URL: 'http://127.0.0.1',
      ANYWIRE_TOKEN: 't',
      ANYWIRE_WORKER_PORT: '1',
      ANYWIRE_PORT: 'tcp://10.0.0.1:8080',
      ANYWIRE_SERVICE_HOST: '10.0.0.1',
      ANYWIRE_REDIS_SERVICE_PORT_REDIS: '6379',
      ANYWIRE_PORT_8080_TCP_ADDR: '10.0.0.1',
      ANYWIRE_HOST: '',
    }
    const { config, problems } = await resolved({ env })
    expect(problems).toEqual([])
    expect(config).toMatchObject({ port: 8080, host: '127.0.0.1' })
  })

  it('says nothing of a value that may be a secret', async () => {
    const env = { ANYWIRE_SIGNED_URLS_SECRET: 'hunter2', ANYWIRE_JWT: '{"key":"hunter2"' }
    const problems = await problemsOf({ env })
    expect(problems).toHaveLength(2)
    expect(problems.join()).not.toContain('hunter2')
  })
})

describe('the schema', () => {
  const all = optionsOf(schema)

  it('spells no two options alike', () => {
    for (const spell of [flagOf, variableOf]) {
      const spelt = all.map(({ name }) => spell(name))
      expect(new Set(spelt).size).toBe(all.length)
    }
  })

  it('has defaults that fit', () => {
    const wrong = all.filter(({ option: { kind, usual } }) => usual !== undefined && !kind.fits(usual))
    expect(wrong).toEqual([])
  })

  it('reads each default back from its text', () => {
    const plain = all.filter(({ option: { usual } }) => usual !== undefined)
    const read = plain.map(({ option: { kind, usual } }) => kind.read(String(usual)))
    expect(read).toEqual(plain.map(({ option }) => option.usual))
  })
})
