/** All forms over HTTP/2 without TLS, as behind a proxy: the tests that they pass over HTTP/1.1. */
import { formsOver } from './forms.js'

await formsOver('h2c')
