/** The subprotocol `anywire.v1`, whole: frames, how a server reads them, and its framings. PROTOCOL.md 4. */
export {
  type ClientFrame,
  encodeServerFrame,
  type FrameId,
  type FrameMessage,
  type OutgoingFrame,
  type PublishRequest,
  type Rate,
  rates,
  type ServerFrame,
  type Slow,
  type SubscribeRequest,
} from './anywire-frame.js'
export {
  dataOf,
  parseClientFrame,
  parsePostBody,
  type RequestLimits,
  rateOnGrid,
  readClientFrame,
  unparsed,
} from './anywire-request.js'
export {
  anywireBatch,
  anywireSocket,
  anywireStream,
  anywireText,
  asSocketFrame,
  asStreamEvent,
  tracedBatch,
  tracedSocket,
  tracedStream,
} from './anywire-slice.js'
