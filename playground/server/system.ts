/** This machine: five figures a second, each under a key of its own, so that a snapshot is the newest of every one. */
import { Machine, type Measured } from './machine.js'
import type { Scenario } from './scenario.js'

export interface Figure extends Measured {
  /** Counts up, so that a reader can see that nothing is missing. */
  readonly number: number
  readonly at: number
}

export const system: Scenario = {
  // Kept: the last ten minutes.
  rules: { 'system/figures': { key: '/figure', keys: true, publish: false, retain: { messages: 3000 } } },

  start(hub) {
    const machine = new Machine()
    let number = 0
    const measure = () => {
      const at = Date.now()
      const figures = machine.measure().map((figure) => ({ data: { ...figure, number: ++number, at } }))
      hub.publishBatch('system/figures', figures).catch(console.error)
    }
    const clock = setInterval(measure, 1000)
    return () => clearInterval(clock)
  },
}
