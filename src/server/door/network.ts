/** The network of an address, for limits. */
import { isIPv6 } from 'node:net'
import { remembered } from '../../core/remembered.js'

/**
 * An IPv4 address, however it is spelled; of an IPv6 address its /64, of which a single host has every address [RFC
 * 6177, RFC 8981].
 */
export const networkOf = remembered(network, 1_000)

function network(address: string): string {
  const [plain = ''] = address.toLowerCase().split('%') // without the zone
  if (!isIPv6(plain)) return address
  const mapped = /^::ffff:([\d.]+)$/.exec(plain)?.[1]
  if (mapped) return mapped
  const [head = '', tail] = plain.split('::')
  const groups = head === '' ? [] : head.split(':')
  const left = tail === undefined ? [] : tail.split(':')
  while (tail !== undefined && groups.length + left.length < 8) groups.push('0')
  const first = [...groups, ...left].slice(0, 4)
  return `${first.map((group) => group.replace(/^0+(?=.)/, '')).join(':')}::/64`
}
