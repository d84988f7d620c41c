/** A page that is bundled by Vite, as an application is. */
import { offload } from 'anywire/workers'
import type invertJob from './invert.js'
import type sumJob from './sum.js'
// The URL of the job, built with its imports.
import sumUrl from './sum.js?worker&url'

async function invert() {
  const image = new ImageData(4, 4)
  const module = new URL('./invert.js', import.meta.url)
  const inverted = await offload<typeof invertJob>(module, image, { transfer: [image.data.buffer] })
  return { left: image.data.length, pixel: [...inverted.data.slice(0, 4)] }
}

const sum = () => offload<typeof sumJob>(sumUrl, [1, 2, 3])

Object.assign(globalThis, { invert, sum })
