/** Tests of the WebSocket wire, with a real client. */
import { openSocket } from '../../test/support/clients/wire-socket.js'
import { wireContract } from '../testing/index.js'

wireContract('WebSocket', () => openSocket(false))
