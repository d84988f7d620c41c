/** Images: the page does all of it, in the browser. */
import type { Scenario } from './scenario.js'

export const images: Scenario = { page: 'images', rules: {} }
