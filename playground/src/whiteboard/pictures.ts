/** Pictures for the board: small enough to travel as one message. */
const sides = [640, 480, 320, 200]
/** Characters of the URL that holds it. */
const most = 60_000

export interface PictureData {
  /** A `data:` URL. */
  readonly href: string
  readonly width: number
  readonly height: number
}

/** Made smaller until it fits. Rejects for what is no picture. */
export async function pictureOf(file: Blob): Promise<PictureData> {
  const bitmap = await createImageBitmap(file)
  const long = Math.max(bitmap.width, bitmap.height)
  for (const side of sides) {
    const scale = Math.min(1, side / long)
    const [width, height] = [Math.ceil(bitmap.width * scale), Math.ceil(bitmap.height * scale)]
    const canvas = Object.assign(document.createElement('canvas'), { width, height })
    canvas.getContext('2d')?.drawImage(bitmap, 0, 0, width, height)
    const href = canvas.toDataURL('image/webp', 0.8)
    if (href.length < most) return { href, width, height }
  }
  throw new Error('This picture is too large for a board.')
}

/** Whether it is a picture and nothing else: it ends up in a page of others. */
export const isPicture = (href: unknown): href is string =>
  typeof href === 'string' && href.length < most && /^data:image\/(webp|png|jpeg);base64,[\w+/=]+$/.test(href)
