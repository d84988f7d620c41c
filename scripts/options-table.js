/**
 * Writes docs/options.md: every option and limit with its default and unit, from the docstrings of the source. Needs a build.
 * With `--check` it writes nothing, and fails if the file is out of date.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import {
  isIdentifier,
  isInterfaceDeclaration,
  isPropertySignatureDeclaration,
  isTypeLiteralNode,
  isUnionTypeNode,
} from 'typescript/unstable/ast/is'
import { API } from 'typescript/unstable/sync'

/** @typedef {import('typescript/unstable/sync').Project} Project */
/** @typedef {import('typescript/unstable/ast').SourceFile} SourceFile */
/** @typedef {import('typescript/unstable/ast').TypeNode} TypeNode */
/** @typedef {import('typescript/unstable/ast').Node} Node */
/** @typedef {import('typescript/unstable/ast').PropertySignatureDeclaration} PropertySignature */
/** @typedef {import('typescript/unstable/ast').TypeLiteralNode} TypeLiteral */

const root = fileURLToPath(new URL('..', import.meta.url))

/** The sections: a title, a sentence, the file, and the interface in it. @type {[string, string, string, string][]} */
const sections = [
  ['Hub', '`createHub(options)`', 'src/server/options.ts', 'HubOptions'],
  ['Limits', '`limits` of `createHub`', 'src/core/limits.ts', 'Limits'],
  ['Rule', 'One entry of `rules` of `createHub`', 'src/core/rule.ts', 'Rule'],
  ['Retention', '`retain` of a rule; `null` is without limit', 'src/core/store.ts', 'Retention'],
  ['Presence', '`presence` of a rule', 'src/core/rule.ts', 'PresenceOptions'],
  ['Compression', '`compress` of `createHub`, a rule or `hub.yjs`', 'src/core/compression.ts', 'CompressionOptions'],
  ['RevocationOptions', '`revocation` of `createHub`', 'src/server/revocation/options.ts', 'RevocationOptions'],
  ['jwt', '`jwt(options)` of `anywire/jwt`', 'src/jwt/options.ts', 'JwtOptions'],
  ['Issuer', 'One entry of `issuers` of `jwt`', 'src/jwt/options.ts', 'IssuerOptions'],
  ['createAdmin', '`createAdmin(hub, options)` of `anywire/admin`', 'src/admin/admin.ts', 'AdminOptions'],
  ['memory', '`memory(options)`, the store', 'src/stores/memory/options.ts', 'MemoryOptions'],
  ['disk', '`disk(options)` of `anywire/store/disk`', 'src/stores/disk/options.ts', 'DiskOptions'],
  ['nats', '`nats(options)` of `anywire/store/nats`', 'src/stores/nats/options.ts', 'NatsOptions'],
  ['redis', '`redis(options)` of `anywire/store/redis`', 'src/stores/redis/options.ts', 'RedisOptions'],
  ['SentinelOptions', '`sentinel` of `redis`', 'src/stores/redis/options.ts', 'SentinelOptions'],
  ['hub.signUrl', '`hub.signUrl(channel, options)`', 'src/server/door/signed-urls.ts', 'SignUrlOptions'],
  ['hub.publish', '`hub.publish(channel, data, options)`', 'src/server/write-options.ts', 'PublishOptions'],
  ['hub.subscribe', '`hub.subscribe(channel, options)`', 'src/server/forms/local-reader.ts', 'ReadOptions'],
  ['hub.close', '`hub.close(options)`', 'src/server/closing.ts', 'CloseOptions'],
  ['hub.create', '`hub.create(channel, options)`', 'src/server/write-options.ts', 'ChannelOptions'],
  ['hub.yjs', '`hub.yjs(path, options)`', 'src/server/yjs/options.ts', 'YjsOptions'],
  ['YjsLimits', '`limits` of `hub.yjs`', 'src/server/yjs/options.ts', 'YjsLimits'],
  ['http2Options', '`http2Options(options)`', 'src/server/upgrade/http2-options.ts', 'Http2Options'],
  ['pages', '`pages(folder, options)`', 'src/pages/pages.ts', 'PagesOptions'],
  ['connect', '`connect(url, options)` of `anywire/client`', 'src/client/connect-options.ts', 'ConnectOptions'],
  ['CacheLimits', '`cache` of `connect`', 'src/client/cached.ts', 'CacheLimits'],
  ['cache.page', '`cache.page(channel, options)` of `await client.cache()`', 'src/client/cached.ts', 'PageOptions'],
  ['Times', '`times` of `connect`', 'src/client/times.ts', 'Times'],
  ['client.subscribe', '`client.subscribe(channel, options)`', 'src/client/client.ts', 'SubscribeOptions'],
  ['client.publish', '`client.publish(channel, data, options)`', 'src/client/client.ts', 'PublishOptions'],
  [
    'useChannel',
    '`useChannel(channel, options)` of `anywire/react`, beside those of `client.subscribe`',
    'src/react/channel.ts',
    'UseChannelOptions',
  ],
  ['YjsProvider', '`new YjsProvider(client, channel, doc, options)`', 'src/yjs/provider.ts', 'YjsProviderOptions'],
  ['offload', '`offload(module, input, options)` of `anywire/workers`', 'src/workers/pool.ts', 'OffloadOptions'],
  ['createPool', '`createPool(options)` of `anywire/workers`', 'src/workers/pool.ts', 'PoolOptions'],
]

const commands = ['publish', 'tail', 'token', 'keys', 'trust', 'doctor']

/** Units that the name of an option says. @type {[RegExp, string][]} */
const units = [
  [/Ms$/, 'ms'],
  [/bytes/i, 'bytes'],
  [/Seconds$/, 's'],
  [/expiresAt$/, 'ms since 1970'],
]

/** @param {string} text */
const cell = (text) => text.replaceAll(/\s+/g, ' ').replaceAll('|', '\\|').trim()
/** @param {string} text */
const code = (text) => `\`${text}\``

class Reader {
  /** @type {string[]} */
  #faults = []
  #api = new API({ cwd: root })
  #projects = this.#api
    .updateSnapshot({ openProjects: ['tsconfig.build.json'].map((name) => root + name) })
    .getProjects()

  /**
   * The rows of one interface.
   * @param {string} file
   * @param {string} name
   */
  rows(file, name) {
    const project = this.#projects.find(({ program }) => program.getSourceFile(root + file))
    const source = project?.program.getSourceFile(root + file)
    const declared = source?.statements.filter(isInterfaceDeclaration).find((one) => one.name.text === name)
    if (!project || !source || !declared)
      throw new Error(`${file} has no interface ${name}: change scripts/options-table.js.`)
    return this.#members(project, source, declared.members, '')
  }

  /**
   * @param {Project} project
   * @param {SourceFile} source
   * @param {readonly Node[]} members
   * @param {string} above
   * @returns {string[]}
   */
  #members(project, source, members, above) {
    return members.filter(isPropertySignatureDeclaration).flatMap((member) => {
      const inner = literalIn(member.type)
      const row = this.#row(project, source, member, above, inner !== undefined)
      if (inner) return [row, ...this.#members(project, source, inner.members, `${above}${nameOf(member)}.`)]
      return [row]
    })
  }

  /**
   * @param {Project} project
   * @param {SourceFile} source
   * @param {PropertySignature} member
   * @param {string} above
   * @param {boolean} isGroup
   */
  #row({ checker }, source, member, above, isGroup) {
    const symbol = checker.getSymbolAtLocation(member.name)
    if (!symbol) throw new Error(`${source.fileName} has a member without a symbol.`)
    const tags = new Map(checker.getJsDocTagsOfSymbol(symbol).map(({ name, text }) => [name, text]))
    const what = checker.getDocumentationCommentOfSymbol(symbol)
    const name = above + nameOf(member)
    const type = isGroup ? 'object' : typeOf(source, member.type)
    const place = `${source.fileName.replace(root, '')}: ${name}`
    if (!what && !tags.has('default')) this.#faults.push(`${place} has no docstring`)
    const simple = /\b(number|boolean|string)\b|'/.test(type) && !type.includes('=>')
    if (simple && !tags.has('default')) this.#faults.push(`${place} has no @default`)
    const unit = tags.get('unit') ?? units.find(([pattern]) => pattern.test(nameOf(member)))?.[1]
    if (/\bnumber\b/.test(type) && !type.includes('=>') && !unit) this.#faults.push(`${place} has no unit`)
    const fallback = (tags.get('default') ?? '').replaceAll(/(?<=\d)_(?=\d)/g, ',')
    const cells = [code(name), code(cell(type)), cell(fallback), unit ?? '', cell(what)]
    return `| ${cells.join(' | ')} |`
  }

  close() {
    this.#api.close()
    if (this.#faults.length > 0) throw new Error(`Mend these docstrings:\n${this.#faults.join('\n')}`)
  }
}

/** @param {PropertySignature} member */
const nameOf = ({ name }) => (isIdentifier(name) ? name.text : '')

/**
 * The object type that is written out in a type, beside undefined.
 * @param {TypeNode | undefined} type
 * @returns {TypeLiteral | undefined}
 */
function literalIn(type) {
  if (!type || isTypeLiteralNode(type)) return type
  return isUnionTypeNode(type) ? type.types.find(isTypeLiteralNode) : undefined
}

/**
 * @param {SourceFile} source
 * @param {TypeNode | undefined} type
 */
function typeOf(source, type) {
  if (!type) return ''
  return source.text
    .slice(type.pos, type.end)
    .replace(/^\s*\|/, '')
    .replace(/\|\s*undefined\b/, '')
    .replace(/^\s*\((\(.*)\)\s*$/s, '$1')
}

/** @param {string} name */
async function commandRows(name) {
  const module = await import(`../dist/cli/${name}.js`)
  /** @type {import('commander').Command} */
  const command = module[`${name}Command`]
  return command.options.map(({ flags, description, defaultValue, defaultValueDescription, argChoices, envVar }) => {
    const [told, inWords] = / \(default: (.*)\)$/.exec(description) ?? []
    const fallback = defaultValueDescription ?? defaultValue ?? inWords ?? ''
    const choices = argChoices ? `; one of ${argChoices.map(code).join(', ')}` : ''
    const from = envVar === undefined ? '' : `; the environment variable ${code(envVar)} counts too`
    const what = (told ? description.replace(told, '') : description) + choices + from
    return `| ${cell(code(flags))} | ${cell(String(fallback))} | ${cell(what)} |`
  })
}

/** The configuration of `anywire serve`, from its schema. */
async function configRows() {
  const { optionsOf, flagOf, variableOf } = await import('../dist/config/option.js')
  const { schema } = await import('../dist/config/schema.js')
  return optionsOf(schema)
    .filter(({ name }) => !name.startsWith('limits.'))
    .map(({ name, option }) => {
      const { kind, what, usually, code: inProgram } = option
      const spelt = inProgram ? ['', ''] : [code(cell(`${flagOf(name)} ${kind.takes}`)), code(variableOf(name))]
      return `| ${[code(name), ...spelt, cell(usually), cell(what)].join(' | ')} |`
    })
}

/** The document. */
async function optionsTable() {
  const reader = new Reader()
  const lines = [
    '# Options',
    '',
    'Every option and limit, with its default and unit. This page is made from the docstrings of the source:',
    'change them there, and run `npm run build && node scripts/options-table.js`.',
    '',
    'An empty default means that nothing is set.',
  ]
  for (const [title, sentence, file, name] of sections) {
    lines.push('', `## ${title}`, '', `${sentence}.`, '')
    lines.push('| option | type | default | unit | what it is |', '|---|---|---|---|---|', ...reader.rows(file, name))
  }
  reader.close()
  lines.push('', '## anywire serve', '')
  lines.push('[Configuration](configuration.md) says how it is set. Each limit has its name too, such as')
  lines.push('`limits.bodyBytes`, `--limits-body-bytes` and `ANYWIRE_LIMITS_BODY_BYTES`.', '')
  lines.push(
    '| in the file | flag | environment | default | what it is |',
    '|---|---|---|---|---|',
    ...(await configRows()),
  )
  for (const name of commands) {
    lines.push('', `## anywire ${name}`, '', '| flag | default | what it is |', '|---|---|---|')
    lines.push(...(await commandRows(name)))
  }
  return `${lines.join('\n')}\n`
}

const file = `${root}docs/options.md`
const table = await optionsTable()
if (!process.argv.includes('--check')) writeFileSync(file, table)
else if (readFileSync(file, 'utf8') !== table) {
  console.error('docs/options.md is out of date: run "npm run build && node scripts/options-table.js".')
  process.exitCode = 1
}
