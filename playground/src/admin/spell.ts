/** How numbers are written. */

const plain = new Intl.NumberFormat('en', { maximumFractionDigits: 1 })
const short = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 })

export function count(number: number): string {
  return Math.abs(number) < 10_000 ? plain.format(number) : short.format(number)
}

const sizes = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const

export function bytes(number: number): string {
  const step = number < 1 ? 0 : Math.min(sizes.length - 1, Math.floor(Math.log(number) / Math.log(1_024)))
  return `${plain.format(number / 1_024 ** step)} ${sizes[step]}`
}

export function duration(ms: number): string {
  if (ms < 1_000) return `${plain.format(ms)} ms`
  const seconds = ms / 1_000
  if (seconds < 120) return `${plain.format(seconds)} s`
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min`
  return seconds < 172_800 ? `${Math.round(seconds / 3_600)} h` : `${Math.round(seconds / 86_400)} d`
}
