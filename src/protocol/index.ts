/** `anywire/protocol`: what a program needs that speaks the protocol by itself. PROTOCOL.md explains each frame. */

// Frames of `anywire.v1` (PROTOCOL.md 4): what a client and a server send, the entries of their lists, and what stands
// in them.
export {
  type ClientFrame,
  type FrameId,
  type FrameMessage,
  type PublishRequest,
  type Rate,
  rates,
  type ServerFrame,
  type Slow,
  type SubscribeRequest,
} from './anywire-v1.js'

// Errors (PROTOCOL.md 7): the codes, what each means on every transport, and the class that carries one.
export {
  AnywireError,
  type AnywireErrorOptions,
  type ErrorCode,
  type ErrorDetails,
  type Meaning,
  meanings,
} from './error.js'

// Why messages are missing, and how a content type lets a message be spelt (PROTOCOL.md 2 and 3).
export { type GapReason, type Kind, kindOf, mediaType } from './message.js'

// Names of channels (PROTOCOL.md 1): what is one, and which one a URL's path names.
export { type ChannelName, checkName, isReserved, maxNameBytes, nameFromPath } from './name.js'

// Offsets (PROTOCOL.md 2): a client keeps them, and compares them as texts.
export { isOffset, type Offset } from './offset.js'
