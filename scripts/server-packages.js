/** Prints the packages that `anywire serve` may load beyond its own, each in the version of package-lock.json. */
import { readFileSync } from 'node:fs'

const names = ['@nats-io/transport-node', '@redis/client', 'jose', 'lmdb', 'prom-client']
const { packages } = JSON.parse(readFileSync(new URL('../package-lock.json', import.meta.url), 'utf8'))
console.log(names.map((name) => `${name}@${packages[`node_modules/${name}`].version}`).join(' '))
