/** `anywire/store/disk`: what survives a restart, on one machine. */
export { type DiskStore, disk } from './disk.js'
export type { DiskOptions } from './options.js'
