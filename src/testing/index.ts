/** `anywire/testing`: what every store, wire and framing must do, as vitest suites. */
export {
  type Decoded,
  type FramingFlags,
  framingVectors,
  message,
  type ReadEvent,
  type ReadFrame,
  readEvents,
  readFrames,
  sliceOf,
} from './framing-vectors.js'
export { type CreateStore, type StoreAbilities, type StoreUnderTestOptions, storeContract } from './store-contract.js'
export {
  type CreateWire,
  type WireAbilities,
  type WireEnd,
  type WireUnderTest,
  wireContract,
} from './wire-contract.js'
