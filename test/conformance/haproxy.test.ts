import { conformance } from './suite.js'

conformance('haproxy')
