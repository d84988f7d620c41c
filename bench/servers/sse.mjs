/** Naive SSE: `res.write` to each. */
import { createServer } from 'node:http'
import { serve, stream } from './naive.mjs'

serve(createServer(stream))
