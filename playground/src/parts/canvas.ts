/** Canvases: as fine as the screen, and in the colours of the theme. */

/** The canvas, fitted to its place and cleared. */
export function penOf(canvas: HTMLCanvasElement) {
  const { clientWidth: width, clientHeight: height } = canvas
  const context = canvas.getContext('2d')
  if (!context || width === 0) return undefined
  const scale = devicePixelRatio
  if (canvas.width !== Math.round(width * scale)) canvas.width = Math.round(width * scale)
  if (canvas.height !== Math.round(height * scale)) canvas.height = Math.round(height * scale)
  context.setTransform(scale, 0, 0, scale, 0, 0)
  context.clearRect(0, 0, width, height)
  const style = getComputedStyle(canvas)
  return { context, width, height, colour: (name: string) => style.getPropertyValue(`--${name}`) }
}
