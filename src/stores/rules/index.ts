/** `anywire/store`: what every store decides alike, as pure functions. For the authors of stores. */
export { type Existing, isSameType, judgeAppend, keyEffect, mintWhen, type Vacant } from './append.js'
export { type Created, difference, forkConfig, hasExpired, isMortal, type Origin } from './config.js'
export { type Bounds, isBeside, judgeByBounds, missedAfter, pageLength } from './position.js'
