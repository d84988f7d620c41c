/** What a worker loads: it performs an order, and its result moves back. */
import { job } from 'anywire/workers'
import { buffersOf, type Name, type Order, perform, type ResultOf } from './jobs.js'

/** Progress is told in steps of this: each costs both threads a message. */
const step = 0.05

export default job<Order, ResultOf<Name>, number>((order, { progress, transfer }) => {
  let told = 0
  const result = perform(order, (done) => {
    if (done < told + step) return
    told = done
    progress(done)
  })
  return transfer(result, buffersOf(result))
})
