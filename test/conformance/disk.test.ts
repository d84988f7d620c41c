import { conformance } from './suite.js'

conformance('direct', 'disk')
