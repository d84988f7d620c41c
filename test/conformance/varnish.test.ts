import { conformance } from './suite.js'

conformance('varnish')
