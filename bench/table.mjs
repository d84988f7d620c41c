/** Spells results as Markdown tables. */

/** @param {string} title @param {string} note @param {string[]} heads @param {string[][]} rows */
export function table(title, note, heads, rows) {
  const line = (/** @type {string[]} */ cells) => `| ${cells.join(' | ')} |`
  const rule = heads.map((_, column) => (column === 0 ? '---' : '---:'))
  return [`## ${title}`, '', wrapped(note), '', line(heads), line(rule), ...rows.map(line), ''].join('\n')
}

/** Lines of 120 columns at most. @param {string} text */
function wrapped(text) {
  return text.replace(/(?=\S)(.{1,120})(?:\s+|$)/g, '$1\n').trimEnd()
}

/** Three digits that count. @param {number | undefined} value */
export function number(value) {
  if (value === undefined || Number.isNaN(value)) return '–'
  if (value === 0) return '0'
  const places = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))))
  return value.toFixed(Math.min(places, 3))
}

/** @param {number | undefined} value */
export function ratio(value) {
  return value === undefined || Number.isNaN(value) ? '–' : `${value.toFixed(2)}×`
}

/** @param {string} goal @param {boolean} reached */
export function verdict(goal, reached) {
  return `${goal}: ${reached ? 'ok' : '**not reached**'}`
}

/** @param {number[]} values */
export function median(values) {
  const sorted = values.filter((value) => !Number.isNaN(value)).toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}
