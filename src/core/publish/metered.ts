/** A publisher that tells a meter what became of each publish, and how long it took. */
import type { Meter } from '../meter.js'
import type { PublishCommand, PublisherOptions } from './commands.js'
import type { PublishOutcome } from './outcome.js'
import { Publisher } from './publisher.js'

export class MeteredPublisher extends Publisher {
  readonly #meter: Meter
  readonly #rules: PublisherOptions['rules']

  constructor(options: PublisherOptions, meter: Meter) {
    super(options)
    this.#meter = meter
    this.#rules = options.rules
  }

  override async publish(command: PublishCommand): Promise<PublishOutcome> {
    const began = performance.now()
    const { pattern } = this.#rules.of(command.channel)
    const tell = (outcome: PublishOutcome['kind'] | 'failed') =>
      this.#meter.published(pattern, outcome, performance.now() - began)
    try {
      const outcome = await super.publish(command)
      tell(outcome.kind)
      return outcome
    } catch (thrown) {
      tell('failed')
      throw thrown
    }
  }
}
