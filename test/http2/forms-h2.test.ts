/** All forms over HTTP/2 and TLS: the tests that they pass over HTTP/1.1. */
import { formsOver } from './forms.js'

await formsOver('h2')
