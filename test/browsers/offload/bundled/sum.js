/** A job that is built, with what it imports. */
import { job } from 'anywire/workers'
import { add } from './add.js'

export default job((/** @type {readonly number[]} */ numbers) => numbers.reduce(add, 0))
