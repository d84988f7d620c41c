/** The setup of a hub that holds pages: `big/pages` of many, `big/message` one message of 1 MB. */
/** @type {import('../support/process/hub-process.js').Setup} */
const setup = {
  async before(hub) {
    await hub.publishBatch(
      'big/pages',
      Array.from({ length: 300 }, () => ({ data: 'x'.repeat(1_000) })),
    )
    await hub.publish('big/message', 'y'.repeat(1_000_000))
  },
}
export default setup
