/** A QR code of a short text: byte mode, the lowest correction, up to 106 bytes (ISO/IEC 18004, versions 1 to 5). */

/** Bytes of data and of correction, by version; with the lowest correction each of these has one block. */
const versions = [
  [19, 7],
  [34, 10],
  [55, 15],
  [80, 20],
  [108, 26],
] as const
/** Mode, length and an end take so much of the data. */
const overhead = 2

/** Rows of modules, true for dark ones, without the quiet zone of four around them. @throws RangeError for a longer text */
export function qrCode(text: string): boolean[][] {
  const bytes = new TextEncoder().encode(text)
  const version = versions.findIndex(([room]) => bytes.length + overhead <= room) + 1
  const [room, extra] = versions[version - 1] ?? [0, 0]
  if (room === 0) throw new RangeError('A QR code of this kind has room for 106 bytes.')
  const data = codewords(bytes, room)
  const grid = patterns(version)
  fill(grid, [...data, ...correction(data, extra)])
  return grid.map((row) => row.map((module) => module.dark))
}

function codewords(bytes: Uint8Array, room: number): number[] {
  const nibbles = [4, bytes.length >> 4, bytes.length & 15, ...[...bytes].flatMap((byte) => [byte >> 4, byte & 15]), 0]
  const packed = Array.from(
    { length: nibbles.length >> 1 },
    (_, i) => ((nibbles[i * 2] ?? 0) << 4) | (nibbles[i * 2 + 1] ?? 0),
  )
  return Array.from({ length: room }, (_, i) => packed[i] ?? ((i - packed.length) % 2 === 0 ? 0xec : 0x11))
}

/** Products in the field of 256 elements over x⁸ + x⁴ + x³ + x² + 1. */
function times(a: number, b: number): number {
  let product = 0
  for (let bit = 7; bit >= 0; bit--) {
    product = (product << 1) ^ ((product >> 7) * 0x11d)
    if ((b >> bit) & 1) product ^= a
  }
  return product
}

/** Reed and Solomon: the rest of a division by the polynomial whose roots are the first powers of 2. */
function correction(data: readonly number[], count: number): number[] {
  let divisor = [1]
  for (let i = 0, root = 1; i < count; i++, root = times(root, 2)) {
    const longer = [...divisor, 0]
    divisor = longer.map((value, at) => value ^ times(divisor[at - 1] ?? 0, root))
  }
  const rest = new Array<number>(count).fill(0)
  for (const value of data) {
    const factor = value ^ (rest.shift() ?? 0)
    rest.push(0)
    for (let i = 0; i < count; i++) rest[i] = (rest[i] ?? 0) ^ times(divisor[i + 1] ?? 0, factor)
  }
  return rest
}

interface Module {
  dark: boolean
  /** Part of a pattern: it holds no data. */
  fixed: boolean
}

/** What every code of a version has: finders, timing, alignment, and the word that says how it is masked. */
function patterns(version: number): Module[][] {
  const size = 17 + version * 4
  const grid = Array.from({ length: size }, () =>
    Array.from({ length: size }, (): Module => ({ dark: false, fixed: false })),
  )
  const set = (x: number, y: number, dark: boolean) => {
    const module = grid[y]?.[x]
    if (module) Object.assign(module, { dark, fixed: true })
  }
  const square = (x: number, y: number, reach: number) => {
    for (let dx = -reach; dx <= reach; dx++)
      for (let dy = -reach; dy <= reach; dy++) {
        const ring = Math.max(Math.abs(dx), Math.abs(dy))
        set(x + dx, y + dy, reach === 4 ? ring !== 2 && ring !== 4 : ring !== 1)
      }
  }
  for (let i = 8; i < size - 8; i++) {
    set(i, 6, i % 2 === 0)
    set(6, i, i % 2 === 0)
  }
  for (const [x, y] of [
    [3, 3],
    [size - 4, 3],
    [3, size - 4],
  ] as const)
    square(x, y, 4)
  if (version > 1) square(size - 7, size - 7, 2)
  format(size, set)
  return grid
}

/** The lowest correction and mask 0, with the bits that correct them. */
const formatWord = 0b111011111000100

function format(size: number, set: (x: number, y: number, dark: boolean) => void): void {
  for (let bit = 0; bit < 15; bit++) {
    const dark = ((formatWord >> bit) & 1) === 1
    if (bit < 8) set(size - 1 - bit, 8, dark)
    else set(8, size - 15 + bit, dark)
    if (bit < 6) set(8, bit, dark)
    else if (bit < 8) set(8, bit + 1, dark)
    else set(bit === 8 ? 7 : 14 - bit, 8, dark)
  }
  set(8, size - 8, true)
}

/** Data goes up and down in columns of two, from the right; mask 0 turns every other module. */
function fill(grid: Module[][], words: readonly number[]): void {
  const size = grid.length
  let bit = 0
  for (let right = size - 1; right > 0; right -= 2) {
    if (right === 6) right = 5
    for (let step = 0; step < size; step++) {
      const upward = ((right + 1) & 2) === 0
      const y = upward ? size - 1 - step : step
      for (const x of [right, right - 1]) {
        const module = grid[y]?.[x]
        if (!module || module.fixed) continue
        const dark = (((words[bit >> 3] ?? 0) >> (7 - (bit & 7))) & 1) === 1
        module.dark = dark !== ((x + y) % 2 === 0)
        bit++
      }
    }
  }
}
