/** The part of JSON Schema that the admin API is described with, and what checks a value against it. */
// Ajv compiles code while it runs, and is many times the size of this. Tests judge each answer by Ajv, with the same
// schemas.
import { AnywireError } from '../../protocol/error.js'

export interface JsonSchema {
  readonly type?: 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean'
  readonly description?: string
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly required?: readonly string[]
  /** What fields without a name of their own must be; `false`: there are none. */
  readonly additionalProperties?: false | JsonSchema
  readonly items?: JsonSchema
  readonly enum?: readonly string[]
  readonly minimum?: number
  readonly maximum?: number
  readonly minLength?: number
  readonly maxItems?: number
  readonly minItems?: number
  readonly $ref?: string
  readonly anyOf?: readonly JsonSchema[]
  /** For texts. */
  readonly pattern?: string
  readonly default?: unknown
}

/** @throws AnywireError `bad-request` with a sentence that names what is wrong, and where. */
export function checkValue(value: unknown, schema: JsonSchema, where: string): void {
  const { type, minimum = Number.NEGATIVE_INFINITY, maximum = Number.POSITIVE_INFINITY, minLength = 0 } = schema
  if (type !== undefined && !isOf(type, value)) throw wrong(where, `must be of type ${type}`)
  if (typeof value === 'number' && (value < minimum || value > maximum)) {
    throw wrong(where, `must be from ${minimum} to ${maximum}`)
  }
  if (typeof value === 'string' && value.length < minLength) throw wrong(where, 'must not be empty')
  if (Array.isArray(value)) return checkItems(value, schema, where)
  if (type === 'object') checkFields(value as Readonly<Record<string, unknown>>, schema, where)
}

function checkItems(items: readonly unknown[], schema: JsonSchema, where: string): void {
  const { minItems = 0, maxItems = Number.POSITIVE_INFINITY, items: each } = schema
  if (items.length < minItems || items.length > maxItems) {
    throw wrong(where, `must have from ${minItems} to ${maxItems} items`)
  }
  if (each) for (const [at, item] of items.entries()) checkValue(item, each, `${where}[${at}]`)
}

function checkFields(fields: Readonly<Record<string, unknown>>, schema: JsonSchema, where: string): void {
  const { properties = {}, required = [], additionalProperties } = schema
  for (const name of required) if (!Object.hasOwn(fields, name)) throw wrong(`${where}.${name}`, 'is missing')
  for (const [name, value] of Object.entries(fields)) {
    const known = Object.hasOwn(properties, name) ? properties[name] : undefined
    if (known) checkValue(value, known, `${where}.${name}`)
    else if (additionalProperties === false) {
      throw wrong(`${where}.${name.slice(0, 40)}`, `is not known: there are ${Object.keys(properties).join(', ')}`)
    }
  }
}

function isOf(type: NonNullable<JsonSchema['type']>, value: unknown): boolean {
  switch (type) {
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value)
    case 'array':
      return Array.isArray(value)
    case 'integer':
      return Number.isSafeInteger(value)
    default:
      return typeof value === type
  }
}

function wrong(where: string, what: string): AnywireError {
  return new AnywireError('bad-request', `"${where}" ${what}.`)
}
