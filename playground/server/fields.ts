/** What a page sends is unknown: how a rule reads it. */
import { AnywireError, type Incoming } from 'anywire'

/** The fields of a message's object; none if it is something else. */
export const fieldsOf = ({ data }: Incoming): Record<string, unknown> => Object(data)

/** @throws AnywireError `rejected`, which the page shows. */
export function textOf(value: unknown, field: string, most: number): string {
  if (typeof value === 'string' && value.trim() !== '' && value.length <= most) return value.trim()
  throw new AnywireError('rejected', `A "${field}" of 1 to ${most} characters is needed.`)
}
