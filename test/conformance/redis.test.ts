import { conformance } from './suite.js'

conformance('direct', 'redis')
