import { conformance } from './suite.js'

conformance('nginx')
