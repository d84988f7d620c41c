/** Why a request is given up whose client has gone: nobody reads it. */
import { AnywireError } from '../../protocol/error.js'

export function clientGone(): AnywireError {
  return new AnywireError('timeout', 'The client has gone.')
}
