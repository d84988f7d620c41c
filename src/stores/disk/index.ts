/** `anywire/store/disk`: what survives a restart, on one machine. */
export { backup } from './backup.js'
export { disk } from './disk.js'
export type { DiskOptions } from './options.js'
