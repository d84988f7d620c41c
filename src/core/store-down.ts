/** The error of a store that cannot be asked. */
import { AnywireError } from '../protocol/error.js'

/** `cause`: why. Thrown by a store it says too that nothing has been done of what was asked. */
export function storeDown(cause: unknown): AnywireError {
  const sentence = 'The store cannot be asked at the moment; come back in a while.'
  return new AnywireError('store-down', sentence, { cause, details: { retryMs: 1_000 } })
}
