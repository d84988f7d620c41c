/** The error of a link, or of what was published, that belongs to another principal. */
import { AnywireError } from '../protocol/error.js'

export function somebodyElse(): AnywireError {
  return new AnywireError('unauthorized', 'The server takes us for somebody else.')
}
