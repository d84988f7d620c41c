/** The part of comlink that is used; the build puts it into this file, so that a worker without a bundler finds it (import maps stop at workers). */
export { type Endpoint, expose, type Remote, transfer, wrap } from 'comlink'
