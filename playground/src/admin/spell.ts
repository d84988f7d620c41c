/** How numbers are written. */

const plain = formatOf({ maximumFractionDigits: 1 })
const short = formatOf({ notation: 'compact', maximumFractionDigits: 1 })

/** Made when it is needed first: that takes milliseconds. */
function formatOf(options: Intl.NumberFormatOptions): (number: number) => string {
  let made: Intl.NumberFormat | undefined
  return (number) => {
    made ??= new Intl.NumberFormat('en', options)
    return made.format(number)
  }
}

export function count(number: number): string {
  return Math.abs(number) < 10_000 ? plain(number) : short(number)
}

const sizes = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const

export function bytes(number: number): string {
  const step = number < 1 ? 0 : Math.min(sizes.length - 1, Math.floor(Math.log(number) / Math.log(1_024)))
  return `${plain(number / 1_024 ** step)} ${sizes[step]}`
}

export function duration(ms: number): string {
  if (ms < 1_000) return `${plain(ms)} ms`
  const seconds = ms / 1_000
  if (seconds < 120) return `${plain(seconds)} s`
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min`
  return seconds < 172_800 ? `${Math.round(seconds / 3_600)} h` : `${Math.round(seconds / 86_400)} d`
}
