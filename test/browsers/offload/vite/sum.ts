/** A job that is built: in TypeScript, with an import. */
import { job } from 'anywire/workers'
import { add } from './add.js'

export default job((numbers: readonly number[]) => numbers.reduce(add, 0))
