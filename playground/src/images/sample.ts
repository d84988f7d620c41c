/** A picture to begin with, drawn here: a coast at dusk. */
import { randomOf } from '../../server/random.js'

export const [sampleWidth, sampleHeight] = [1600, 1000]

export function drawSample(context: CanvasRenderingContext2D): void {
  const random = randomOf(90)
  const [width, height] = [sampleWidth, sampleHeight]
  const sky = context.createLinearGradient(0, 0, 0, height * 0.62)
  for (const [at, colour] of [
    [0, '#1c2a52'],
    [0.45, '#7a5a86'],
    [0.75, '#e08a6a'],
    [1, '#f6cf8b'],
  ] as const)
    sky.addColorStop(at, colour)
  context.fillStyle = sky
  context.fillRect(0, 0, width, height)
  context.fillStyle = '#fff3c9'
  disc(context, width * 0.68, height * 0.5, 62)
  for (let i = 0; i < 120; i++) {
    context.fillStyle = `rgb(255 255 255 / ${random() * 0.8})`
    disc(context, random() * width, random() ** 2 * height * 0.4, 0.6 + random() * 1.6)
  }
  const sea = context.createLinearGradient(0, height * 0.62, 0, height)
  sea.addColorStop(0, '#e0a071')
  sea.addColorStop(0.3, '#5c5a84')
  sea.addColorStop(1, '#141d38')
  context.fillStyle = sea
  context.fillRect(0, height * 0.62, width, height)
  for (let i = 0; i < 900; i++) {
    const depth = random()
    context.fillStyle = `rgb(255 ${Math.round(190 + 50 * random())} 150 / ${0.28 * (1 - depth)})`
    const x = width * 0.68 + (random() - 0.5) * width * (0.12 + depth * 0.5)
    context.fillRect(x, height * (0.625 + depth * 0.36), 10 + random() * 60 * (0.3 + depth), 1 + depth * 3)
  }
  hills(context, random, height * 0.6, 90, '#3a3357')
  hills(context, random, height * 0.66, 60, '#221f3b')
  lighthouse(context, width * 0.2, height * 0.6)
}

function disc(context: CanvasRenderingContext2D, x: number, y: number, radius: number): void {
  context.beginPath()
  context.arc(x, y, radius, 0, 7)
  context.fill()
}

/** A ridge from the left that runs out into the sea. */
function hills(
  context: CanvasRenderingContext2D,
  random: () => number,
  base: number,
  rise: number,
  colour: string,
): void {
  const phase = random() * 6
  context.fillStyle = colour
  context.beginPath()
  context.moveTo(0, base + 90)
  for (let x = 0; x <= sampleWidth * 0.55; x += 6) {
    const left = 1 - x / (sampleWidth * 0.55)
    const wave = Math.sin(x / 130 + phase) + 0.5 * Math.sin(x / 47 + phase * 2) + 0.15 * random()
    context.lineTo(x, base + 40 - left * (rise + wave * 26))
  }
  context.lineTo(sampleWidth * 0.56, base + 90)
  context.fill()
}

function lighthouse(context: CanvasRenderingContext2D, x: number, foot: number): void {
  const beam = context.createLinearGradient(x, 0, x + 900, 0)
  beam.addColorStop(0, 'rgb(255 240 190 / 0.75)')
  beam.addColorStop(1, 'rgb(255 240 190 / 0)')
  context.fillStyle = beam
  shape(context, [
    [x, foot - 262],
    [x + 900, foot - 400],
    [x + 900, foot - 250],
    [x, foot - 248],
  ])
  for (let band = 0; band < 6; band++) {
    context.fillStyle = band % 2 ? '#a8201a' : '#f4ecdc'
    const [low, high] = [30 - band * 2.4, 30 - (band + 1) * 2.4]
    const y = foot - band * 40
    shape(context, [
      [x - low, y],
      [x + low, y],
      [x + high, y - 40],
      [x - high, y - 40],
    ])
  }
  context.fillStyle = '#fff0be'
  context.fillRect(x - 11, foot - 268, 22, 28)
  context.fillStyle = '#13120f'
  shape(context, [
    [x - 18, foot - 268],
    [x + 18, foot - 268],
    [x, foot - 296],
  ])
}

function shape(context: CanvasRenderingContext2D, points: readonly (readonly [number, number])[]): void {
  context.beginPath()
  for (const [x, y] of points) context.lineTo(x, y)
  context.fill()
}
