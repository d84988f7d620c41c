/** Checks each message against the schema of its subscription. Loaded with the first subscription that has one. */
import type { StandardSchemaV1 } from '@standard-schema/spec'
import { AnywireError } from '../protocol/error.js'
import type { MessageItem } from './item.js'

/** @throws AnywireError `rejected` for a message that does not fit */
export async function checked(schema: StandardSchemaV1, channel: string, message: MessageItem): Promise<MessageItem> {
  const result = await schema['~standard'].validate(message.data)
  if (!result.issues) return { ...message, data: result.value }
  const sentence = `A message of "${channel}" does not fit: ${result.issues[0]?.message}`
  throw new AnywireError('rejected', sentence, { details: { issues: result.issues } })
}
