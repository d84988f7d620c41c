/** The error of a request whose client has disconnected: it is never sent. */
import { AnywireError } from '../../protocol/error.js'

export function clientGone(): AnywireError {
  return new AnywireError('timeout', 'The client has gone.')
}
