/** The file that a pool's worker starts with, in Node. */
import { parentPort } from 'node:worker_threads'
import { nodeEndpoint } from './node-endpoint.js'
import { serve } from './serve.js'

if (parentPort) serve(nodeEndpoint(parentPort))
