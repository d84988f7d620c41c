/** The states of a subscription, and every transition between them. */
//
//              ┌──────────── grew ────────────┐
//              ▼                              │
//   ┌──────► behind ──reached-head──────────► live
//   │         │  ▲  │                          │
//   │       read  │ full                      full
//   │         ▼  page │                        │
//   │     reading     └────────► waiting ◄─────┘
//   └───────────────drained─────────┘            any ──close──► closed
//

/**
 * `behind`: there are messages to send, and they are being sent. `reading`: the store is asked for messages that the
 * window no longer holds. `live`: at the head, or waiting for its turn on the grid of its rate, or for a store that is
 * away. `waiting`: the wire has no room.
 */
export type SubscriptionState = 'behind' | 'reading' | 'live' | 'waiting' | 'closed'
export type SubscriptionEvent = 'reached-head' | 'grew' | 'read' | 'page' | 'full' | 'drained' | 'close'

type Row = Readonly<Record<SubscriptionEvent, SubscriptionState | 'same'>>

/** Every state × event; events that mean nothing in a state leave it the same. */
export const transitions: Readonly<Record<SubscriptionState, Row>> = {
  behind: {
    'reached-head': 'live',
    grew: 'same',
    read: 'reading',
    page: 'same',
    full: 'waiting',
    drained: 'same',
    close: 'closed',
  },
  reading: {
    'reached-head': 'same',
    grew: 'same',
    read: 'same',
    page: 'behind',
    full: 'same',
    drained: 'same',
    close: 'closed',
  },
  live: {
    'reached-head': 'same',
    grew: 'behind',
    read: 'same',
    page: 'same',
    full: 'waiting',
    drained: 'same',
    close: 'closed',
  },
  waiting: {
    'reached-head': 'same',
    grew: 'same',
    read: 'same',
    page: 'same',
    full: 'same',
    drained: 'behind',
    close: 'closed',
  },
  closed: {
    'reached-head': 'same',
    grew: 'same',
    read: 'same',
    page: 'same',
    full: 'same',
    drained: 'same',
    close: 'same',
  },
}
