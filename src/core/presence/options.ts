/** What a rule says of presence: who counts as present, and for how long. */
import { AnywireError } from '../../protocol/error.js'
import type { PresenceOptions, ResolvedPresence } from '../rule.js'

export const presenceDefaults: ResolvedPresence = { on: 'subscribe', graceMs: 10_000, maxMembers: 1_000 }

/** The roster of a channel is the channel of this name. */
export const rosterPrefix = '$presence/'

/** How many read a channel is told by the channel of this name, to those who may not see who. */
export const countPrefix = '$count/'

/** Where members have gone to other nodes is told by the channel of this name, which nodes alone read. */
export const movedPrefix = '$moved/'

/** The largest `maxMembers`: a change of mode is one append. */
const mostMembers = 10_000

/** What `presence` of a rule must be. */
export const presenceShape = `true, false, "count" or { on, graceMs, maxMembers (up to ${mostMembers}), see, counts }`

const fields: Readonly<Record<keyof PresenceOptions, (value: unknown) => boolean>> = {
  on: (value) => value === 'subscribe' || value === 'enter',
  graceMs: (value) => Number.isSafeInteger(value) && Number(value) >= 0,
  maxMembers: (value) => Number.isSafeInteger(value) && Number(value) >= 0 && Number(value) <= mostMembers,
  see: isDecision,
  counts: isDecision,
}

function isDecision(value: unknown): boolean {
  return typeof value === 'boolean' || typeof value === 'function'
}

export function isPresence(value: unknown): boolean {
  if (typeof value === 'boolean' || value === 'count') return true
  if (typeof value !== 'object' || value === null) return false
  return Object.entries(value).every(([name, given]) => {
    if (!Object.hasOwn(fields, name)) return false
    return given === undefined || fields[name as keyof PresenceOptions](given)
  })
}

/** Undefined: nobody is told who reads. */
export function resolvePresence(given: boolean | 'count' | PresenceOptions | undefined): ResolvedPresence | undefined {
  if (given === undefined || given === false) return undefined
  if (given === true) return presenceDefaults
  if (given === 'count') return { ...presenceDefaults, maxMembers: 0 }
  const { on, graceMs, maxMembers } = given
  return {
    on: on ?? presenceDefaults.on,
    graceMs: graceMs ?? presenceDefaults.graceMs,
    maxMembers: maxMembers ?? presenceDefaults.maxMembers,
  }
}

/** @throws AnywireError `too-large` for a state over 1 KiB; answers its JSON. */
export function spellState(state: unknown): string {
  const text = JSON.stringify(state) ?? 'null'
  const bytes = Buffer.byteLength(text)
  if (bytes <= stateBytes) return text
  throw new AnywireError('too-large', `The state has ${bytes} bytes; a member's state has at most ${stateBytes}.`)
}

/** Largest state of a member: it is sent to every reader with each change. */
export const stateBytes = 1_024
