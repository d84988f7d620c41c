/** The setup of a hub that knows nobody. */
/** @type {import('./edge-hub.js').EdgeSetup} */
const setup = { options: { authenticate: () => null } }
export default setup
