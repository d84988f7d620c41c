/** How light a pixel is to the eye: 0 to 255. */
export function lightAt(data: Uint8ClampedArray, at: number): number {
  return 0.2126 * data[at]! + 0.7152 * data[at + 1]! + 0.0722 * data[at + 2]!
}
