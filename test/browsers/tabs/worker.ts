/** The worker of the tabs under test: the client's own, that can be stalled. */
import './stall.js'
import '../../../src/client/worker.js'
