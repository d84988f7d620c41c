/** Mutants: each is a slip that somebody could make, and names the tests that must not let it pass. One file per subject. */
import { access } from './access.js'
import { bounds } from './bounds.js'
import { client } from './client.js'
import { delivery } from './delivery.js'
import { door } from './door.js'
import { fanOut } from './fan-out.js'
import { guest } from './guest.js'
import { nats } from './nats.js'
import { operations } from './operations.js'
import { positions } from './positions.js'
import { presence } from './presence.js'
import { redis } from './redis.js'
import { rest } from './rest.js'
import { revocation } from './revocation.js'
import { road } from './road.js'
import { shared } from './shared.js'
import { statistics } from './statistics.js'
import { userFunctions } from './user-functions.js'
import { yjs } from './yjs.js'

/**
 * @typedef {object} Mutant
 * @property {string} name What is broken.
 * @property {string} file Where.
 * @property {string} search Occurs exactly once in the file.
 * @property {string} replace
 * @property {readonly string[]} tests Test files of which at least one must fail.
 */

/** @type {Readonly<Record<string, readonly Mutant[]>>} */
const subjects = {
  positions,
  delivery,
  'fan-out': fanOut,
  road,
  'user-functions': userFunctions,
  bounds,
  yjs,
  door,
  access,
  revocation,
  presence,
  statistics,
  guest,
  nats,
  redis,
  operations,
  shared,
  client,
  rest,
}

/** @type {readonly (Mutant & { readonly subject: string })[]} */
export const mutants = Object.entries(subjects).flatMap(([subject, list]) => list.map((one) => ({ subject, ...one })))
