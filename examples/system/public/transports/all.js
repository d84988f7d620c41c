/** Every transport, in the order of the page. */
import { anywire } from './anywire.js'
import { durableSse } from './durable-sse.js'
import { eventSource } from './event-source.js'
import { longPoll } from './long-poll.js'
import { plainPoll } from './plain-poll.js'
import { websocket } from './websocket.js'

export const transports = [websocket, anywire, eventSource, durableSse, longPoll, plainPoll]
