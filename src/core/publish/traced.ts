/** A publisher that also tells traces of each publish of a client or of the program. */
import { isReserved } from '../../protocol/name.js'
import type { Meter } from '../meter.js'
import type { Tracing } from '../tracing.js'
import type { PublishCommand, PublisherOptions } from './commands.js'
import { MeteredPublisher } from './metered.js'
import type { PublishOutcome } from './outcome.js'

export class TracedPublisher extends MeteredPublisher {
  readonly #tracing: Tracing
  readonly #rules: PublisherOptions['rules']

  constructor(options: PublisherOptions, meter: Meter, tracing: Tracing) {
    super(options, meter)
    this.#tracing = tracing
    this.#rules = options.rules
  }

  override async publish(command: PublishCommand): Promise<PublishOutcome> {
    const { channel, traceparent } = command
    // What the hub says to other nodes is nobody's trace.
    if (isReserved(channel)) return super.publish(command)
    const end = this.#tracing.publishing({ channel, rule: this.#rules.of(channel).pattern }, traceparent)
    try {
      const outcome = await super.publish(command)
      const code = outcome.kind === 'refused' ? outcome.error.code : undefined
      end({ outcome: outcome.kind, code, offset: outcome.kind === 'appended' ? outcome.next : undefined })
      return outcome
    } catch (thrown) {
      end({ outcome: 'failed', code: 'internal' })
      throw thrown
    }
  }
}
