/**
 * Names of properties that the one file for pages may shorten: what they name never leaves a thread of the client, nor
 * the client itself. A name that is not here costs a few bytes, and no more. `test/client/internal-names.test.ts`
 * checks that nothing else has one of them.
 */
export const internalNames = [
  ...['again', 'aheadMs', 'answered', 'aside', 'ask', 'attach', 'authenticate', 'began', 'behind'],
  ...['better', 'branches', 'bring', 'busy', 'byWord', 'changed', 'counts', 'createCore', 'decided'],
  ...['deliver', 'demote', 'drafts', 'emit', 'ends', 'enter', 'entry', 'events', 'expect', 'failures', 'feed'],
  ...['first', 'frameBytes', 'full', 'greeted', 'isDemoted', 'isHeld', 'kept', 'lane', 'lanes', 'minMs'],
  ...['linked', 'lived', 'liveness', 'lose', 'lost', 'newest', 'ofChannel', 'order', 'own'],
  ...['pass', 'patience', 'place', 'prove', 'proven', 'readers', 'reading', 'readings', 'recall', 'refuse'],
  ...['renew', 'returned', 'sets', 'shut', 'silent', 'slots', 'stop', 'sure', 'dropped', 'take', 'takes'],
  ...['took', 'trunk', 'underWay', 'update', 'wait', 'want', 'wish', 'won'],
]
