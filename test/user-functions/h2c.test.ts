/** The application's functions over HTTP/2. */
import { speak } from '../support/transport.js'
import { userFunctionFacts } from './facts.js'

speak('h2c')
userFunctionFacts()
