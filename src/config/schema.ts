/** The configuration of `anywire serve`: flags, environment, files and the table in the documents are made from it. */
import { compressionShape } from '../core/compression.js'
import { type Limits, limitDefaults, mayBeOff } from '../core/limits.js'
import { anObject } from '../core/shape.js'
import type { Store } from '../core/store.js'
import type { HubOptions } from '../server/options.js'
import { revocationDefaults } from '../server/revocation/options.js'
import type { TokenConfig } from './jwt-config.js'
import { choice, code, flag, flagOr, json, type Kind, list, orNull, text, wholeNumber } from './kinds.js'
import { Option, type ValuesOf } from './option.js'
import { hidden, inUrl, keysHidden } from './secrets.js'
import { storeNamed, storeNames } from './store-name.js'

const aFunction = (value: unknown) => typeof value === 'function'

const storeKind: Kind<string | Store> = {
  takes: '<store>',
  wanted: storeNames,
  read: (given) => (storeNamed(given) ? given : undefined),
  fits: (value) => (typeof value === 'string' ? storeNamed(value) !== undefined : anObject[1](value)),
}

/** What concerns the process that serves. */
const server = {
  port: new Option({
    kind: wholeNumber('<port>', 0, 65_535),
    what: 'port to listen on; 0 takes a free one',
    usual: 8080,
  }),
  host: new Option({ kind: text('<host>'), what: 'address to listen on', usual: '127.0.0.1' }),
  tls: new Option({
    kind: flag,
    what: 'HTTP/2 and HTTP/1.1 over TLS, with a certificate for localhost that is made once (see "anywire trust")',
    usual: false,
  }),
  cert: new Option({
    kind: text('<file>'),
    what: 'certificate and those that signed it, as PEM; implies --tls. Read again when it changes, and on SIGHUP',
  }),
  key: new Option({ kind: text('<file>'), what: 'private key of the certificate, as PEM' }),
  hsts: new Option({
    kind: flagOr(wholeNumber('<seconds>', 0, 4e9)),
    what: 'tell browsers to use nothing but TLS here for so many seconds; without a number a year',
    usual: false,
  }),
  h2c: new Option({ kind: flag, what: 'HTTP/2 without TLS too, for a proxy that speaks it', usual: false }),
  page: new Option({
    kind: flag,
    what: 'a page at / for browsers, which shows what runs here and lets one try it; --no-page turns it off',
    usual: true,
  }),
  workers: new Option({
    kind: wholeNumber('<count>', 1, 256),
    what: 'processes that share the port and the store, each started again when it dies; needs a store that is shared, such as disk:<folder>',
    usually: 'one process',
  }),
  admin: new Option({
    kind: text('<address>', 'an address such as 127.0.0.1:9090', /^([^\s:]+|\[[\da-fA-F:.]+\]):\d{1,5}$/),
    what: 'internal port for metrics and health, e.g. 127.0.0.1:9090; never one that clients reach',
    usually: 'none',
  }),
  adminToken: new Option({
    kind: text('<token>', 'a text of at least 16 characters', /^\S{16,}$/),
    what: 'credential of the internal port, for all but /metrics and health; without it only this machine may ask',
    show: hidden,
  }),
  adminHosts: new Option({
    kind: list('<names...>', 'an array of host names such as ["hub.internal"]'),
    what: 'host names by which the internal port may be asked, besides localhost and addresses',
  }),
  drain: {
    lameMs: new Option({
      kind: wholeNumber('<ms>', 0, 600_000),
      what: 'after SIGTERM: milliseconds in which all goes on but for /readyz, until balancers send nobody here',
      usually: '5000 with --admin, otherwise 0',
    }),
    perSecond: new Option({
      kind: wholeNumber('<clients>', 1, 1e6),
      what: 'after that: clients that are sent elsewhere in a second',
      usually: 'all within 20 s, or 100 where they are few',
    }),
    graceMs: new Option({
      kind: wholeNumber('<ms>', 0, 3_600_000),
      what: 'milliseconds that this may take at most; clients are sent faster where it is too short',
      usual: 30_000,
    }),
  },
  log: new Option<'json' | 'pretty' | 'off'>({
    kind: choice('<how>', 'json', 'pretty', 'off'),
    what: 'a line on the standard output for each decision worth a question: json for programs, pretty for people',
    usual: 'off',
  }),
  jwt: new Option({
    kind: json<TokenConfig>('<json>', 'an object with "issuers"'),
    what: 'whose signed tokens are accepted, as for jwt() of anywire/jwt; "keyFile" names a file in place of "key"',
    show: keysHidden,
  }),
}

/** What concerns the hub: each of its options. */
const hub = {
  path: new Option({ kind: text('<path>'), what: 'where the channels are mounted', usual: '/channels' }),
  create: new Option({
    kind: choice('<when>', 'on-use', 'explicit'),
    what: 'what creates a channel: its first use, or only PUT',
    usual: 'on-use',
  }),
  origins: new Option({
    kind: list('<origins...>', 'an array of origins such as ["https://app.example"]'),
    what: 'foreign origins whose pages may use the hub, e.g. https://app.example',
  }),
  hosts: new Option({
    kind: list('<names...>', 'an array of host names such as ["app.example"]'),
    what: 'host names by which the server may be asked, besides localhost; others are refused',
  }),
  trustProxy: new Option({
    kind: flagOr(choice('<how>', 'forwarded')),
    what: 'take address, scheme and host from X-Forwarded-*, or with "forwarded" from Forwarded: only behind a proxy that sets them',
    usual: false,
  }),
  store: new Option({
    kind: storeKind,
    what: 'where logs are kept: memory; disk:<folder>, which survives restarts; redis://<host> or nats://<host>, for many nodes',
    usual: 'memory',
    show: inUrl,
  }),
  cookie: new Option({ kind: text('<name>'), what: 'name of the cookie that carries a credential' }),
  queryToken: new Option({
    kind: flag,
    what: 'also read a credential from ?token=; URLs end up in logs',
    usual: false,
  }),
  rules: new Option({
    kind: json<NonNullable<HubOptions['rules']>>('<json>', 'an object of rules by pattern'),
    what: 'rules for channels, by name pattern',
  }),
  compress: new Option({
    kind: flagOr(json('<json>', compressionShape)),
    what: 'compress what is read, for clients that accept it; see its option of createHub first',
    usual: false,
  }),
  signedUrls: {
    secret: new Option({
      kind: orList(text('<secret>', 'a text of at least 32 bytes', /^.{32,}$/s)),
      what: 'accept URLs that were signed with this secret; of several the first signs',
      show: hidden,
    }),
  },
  revocation: {
    whenBlind: new Option({
      kind: choice('<what>', 'refuse', 'serve'),
      what: 'what a node does with clients while it cannot read which credentials were revoked',
      usual: revocationDefaults.whenBlind,
    }),
    blindMs: new Option({
      kind: wholeNumber('<ms>', 1),
      what: 'how long it keeps meanwhile what is open, where it refuses',
      usual: revocationDefaults.blindMs,
    }),
    keepMs: new Option({
      kind: wholeNumber('<ms>', 1),
      what: 'how long a revocation is kept: as long as the credential that lives longest',
      usual: revocationDefaults.keepMs,
    }),
  },
  statistics: new Option({
    kind: flag,
    what: 'tell of the server in the channels $stats, $connections and $channels, to those with a grant of "manage"',
    usually: 'on with --admin',
  }),
  authenticate: new Option({
    kind: code<NonNullable<HubOptions['authenticate']>>('a function', aFunction),
    what: 'says who a client is, by its credential',
    code: true,
  }),
  onError: new Option({
    kind: code<NonNullable<HubOptions['onError']>>('a function', aFunction),
    what: 'called with each error inside the hub',
    code: true,
  }),
  onEvent: new Option({
    kind: code<NonNullable<HubOptions['onEvent']>>('a function', aFunction),
    what: 'called with each decision worth a question, in place of --log',
    code: true,
  }),
  meter: new Option({
    kind: code<NonNullable<HubOptions['meter']>>('a meter', anObject[1]),
    what: 'is told of what the hub does',
    code: true,
  }),
  tracing: new Option({
    kind: code<NonNullable<HubOptions['tracing']>>('what createTracing answers', anObject[1]),
    what: 'is told of single deeds, for traces',
    code: true,
  }),
} satisfies Record<Exclude<keyof HubOptions, 'limits' | 'onDrain'>, unknown>

/** Each limit: docs/options.md says what it is. */
const limits = Object.fromEntries(
  Object.entries(limitDefaults).map(([name, usual]: [string, number | null]) => {
    const number = wholeNumber('<number>', 1)
    return [name, new Option<number | null>({ kind: mayBeOff(name) ? orNull(number) : number, what: '', usual })]
  }),
) as { [Name in keyof Limits]: Option<Limits[Name]> }

function orList(kind: Kind<string>): Kind<string | readonly string[]> {
  const fits = (value: unknown) =>
    Array.isArray(value) ? value.length > 0 && value.every(kind.fits) : kind.fits(value)
  return { ...kind, wanted: `${kind.wanted}, or an array of them`, fits }
}

export const schema = { ...server, ...hub, limits }

/** What a file `anywire.config.*` holds. */
export type ServeConfig = ValuesOf<typeof schema>
