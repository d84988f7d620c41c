/** `anywire/protocol`: what a client, a store or a framing of one's own needs of the wire. */
export {
  anywireBatch,
  anywireSocket,
  anywireStream,
  anywireText,
  asSocketFrame,
  asStreamEvent,
  type ClientFrame,
  dataOf,
  encodeServerFrame,
  type FrameId,
  type FrameMessage,
  type PublishRequest,
  parseClientFrame,
  parsePostBody,
  type Rate,
  rateOnGrid,
  rates,
  type ServerFrame,
  type Slow,
  type SubscribeRequest,
} from './anywire-v1.js'
export { body, pollBody } from './body.js'
export { cursorAt, durableSse, nextCursor } from './durable-sse.js'
export {
  AnywireError,
  type AnywireErrorOptions,
  type ErrorCode,
  type ErrorDetails,
  type Meaning,
  meanings,
} from './error.js'
export { dataLines, eventStream, opening } from './event-stream.js'
export type { Framing } from './framing.js'
export { fieldOf, messagesOf } from './json-array.js'
export { manyStream, parsePositions, positionsBlock } from './many-stream.js'
export { type Gap, type GapReason, type Kind, kindOf, type Message, mediaType, type Slice } from './message.js'
export { type ChannelName, checkName, isReserved, maxNameBytes, nameFromPath } from './name.js'
export {
  isOffset,
  microsOf,
  mintOffset,
  numberOf,
  type Offset,
  type Position,
  parsePosition,
  whenOf,
  zeroOffset,
} from './offset.js'
export { incompleteTail, isUtf8 } from './utf8.js'
export {
  closeFrame,
  closeReason,
  frame,
  type Opcode,
  opcodes,
  pingFrame,
  websocketMessages,
} from './websocket-frame.js'
