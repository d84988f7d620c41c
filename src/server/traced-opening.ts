/** Openings of channels that traces are told of. */
import type { Opening } from '../core/reading/delivery.js'
import type { RuleTable } from '../core/rule-table.js'
import type { Tracing } from '../core/tracing.js'
import type { Position } from '../protocol/offset.js'

/** The same opening, which tells traces when it is started. It began just now. */
export function tracedOpening(
  tracing: Tracing,
  rules: RuleTable,
  position: Position,
  begun: Opening | Promise<Opening>,
): Opening | Promise<Opening> {
  const beganMs = Date.now()
  const resumes = position.kind === 'at'
  const told = (opening: Opening): Opening => ({
    ...opening,
    start: (connection, ...how) => {
      const subscription = opening.start(connection, ...how)
      const { log, result } = opening
      const place = { channel: log.name, rule: rules.of(log.name).pattern }
      const gap = result.kind === 'gap' ? result.reason : undefined
      tracing.opened(subscription, { ...place, transport: connection.transport, resumes, beganMs, gap })
      return subscription
    },
  })
  return begun instanceof Promise ? begun.then(told) : told(begun)
}
