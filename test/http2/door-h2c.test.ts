/** The door before every form over HTTP/2: the tests that it passes over HTTP/1.1. */
import { speak } from '../support/transport.js'

speak('h2c')
await import('../door/door-forms.test.js')
