/**
 * Turns black into white, wholly opaque: a job that needs no bundler.
 * @param {ImageData} image
 * @param {import('anywire/workers').JobContext} context
 */
export default function invert(image, { transfer }) {
  image.data.fill(255)
  return transfer(image, [image.data.buffer])
}
