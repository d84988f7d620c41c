/** What a worker loads: it performs an order, and its result moves back. */
import { job } from 'anywire/workers'
import { buffersOf, type Name, type Order, perform, type ResultOf } from './jobs.js'

export default job<Order, ResultOf<Name>, number>((order, { progress, transfer }) => {
  const result = perform(order, progress)
  return transfer(result, buffersOf(result))
})
