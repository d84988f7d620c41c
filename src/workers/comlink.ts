/** The part of comlink that is used: the build puts it into this file, as import maps do not reach into workers. */
export { type Endpoint, expose, type Remote, transfer, wrap } from 'comlink'
