/** A picture of the visitor's, or the sample, as numbers. */
import { drawSample, sampleHeight, sampleWidth } from './sample.js'
import type { Picture } from './work/picture.js'

const most = 1600

/** No side longer than 1,600 pixels. Rejects for what is no picture. */
export async function pictureOf(file: Blob): Promise<Picture> {
  const bitmap = await createImageBitmap(file)
  const scale = Math.min(1, most / Math.max(bitmap.width, bitmap.height))
  const [width, height] = [bitmap.width, bitmap.height].map((side) => Math.max(1, Math.round(side * scale))) as [
    number,
    number,
  ]
  const picture = drawn(width, height, (context) => context.drawImage(bitmap, 0, 0, width, height))
  bitmap.close()
  return picture
}

export const sample = (): Picture => drawn(sampleWidth, sampleHeight, drawSample)

function drawn(width: number, height: number, draw: (context: CanvasRenderingContext2D) => void): Picture {
  const canvas = document.createElement('canvas')
  Object.assign(canvas, { width, height })
  const context = canvas.getContext('2d', { willReadFrequently: true })!
  draw(context)
  return context.getImageData(0, 0, width, height) as Picture
}

/** Its buffer may move away; the picture's own stays. */
export const copyOf = ({ data, width, height }: Picture): Picture => ({ data: data.slice(), width, height })
