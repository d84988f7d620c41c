/** A page that is bundled by webpack, as an application is; the job with imports is an entry of its own. */
import { offload } from 'anywire/workers'

async function invert() {
  const image = new ImageData(4, 4)
  const module = new URL('./invert.js', import.meta.url)
  const inverted = /** @type {ImageData} */ (await offload(module, image, { transfer: [image.data.buffer] }))
  return { left: image.data.length, pixel: [...inverted.data.slice(0, 4)] }
}

const sum = () => offload('dist/sum.js', [1, 2, 3])

Object.assign(globalThis, { invert, sum })
