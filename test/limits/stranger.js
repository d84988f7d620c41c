/** The setup of a hub that knows nobody. */
/** @type {import('../support/process/hub-process.js').Setup} */
const setup = { options: { authenticate: () => null } }
export default setup
