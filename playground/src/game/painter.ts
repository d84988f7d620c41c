/** Draws the arena in ink, in the colours of the theme: one's own tank blue, other people's black, bots white. */
import { absence, type Snapshot, type TankState } from '../../server/arena.js'
import { ground, type Point } from '../../server/ground.js'
import type { Player } from '../channels.js'
import { drawGround } from './backdrop.js'
import { type Colours, coloursOf, drawBlast, drawShell, drawTank } from './figures.js'
import { Treads } from './treads.js'

/** Pixels of a unit, at least: on a phone one sees a part of the arena. */
const leastScale = 0.58

export interface Scene {
  readonly world: Snapshot
  readonly players: ReadonlyMap<string, Player>
  readonly mine: number | undefined
  /** No rings, no rays. */
  readonly calm: boolean
}

export class Painter {
  readonly #canvas: HTMLCanvasElement
  readonly #context: CanvasRenderingContext2D
  readonly #ground = document.createElement('canvas')
  readonly #treads = new Treads()
  #colours!: Colours
  #scale = 1

  constructor(canvas: HTMLCanvasElement) {
    this.#canvas = canvas
    this.#context = canvas.getContext('2d')!
    this.fit()
  }

  /** The size, the theme or the screen is another. */
  fit(): void {
    const { clientWidth: width, clientHeight: height } = this.#canvas
    this.#canvas.width = Math.round(width * devicePixelRatio)
    this.#canvas.height = Math.round(height * devicePixelRatio)
    this.#colours = coloursOf(this.#canvas)
    this.#scale = Math.max(width / ground.width, height / ground.height, leastScale) * devicePixelRatio
    this.#ground.width = Math.ceil(ground.width * this.#scale)
    this.#ground.height = Math.ceil(ground.height * this.#scale)
    drawGround(this.#ground.getContext('2d')!, this.#scale, this.#colours)
  }

  draw({ world, players, mine, calm }: Scene): void {
    const context = this.#context
    const { x, y } = this.#corner(world, players, mine)
    context.setTransform(1, 0, 0, 1, 0, 0)
    context.drawImage(this.#ground, Math.round(-x * this.#scale), Math.round(-y * this.#scale))
    context.setTransform(this.#scale, 0, 0, this.#scale, -x * this.#scale, -y * this.#scale)
    this.#treads.follow(world)
    this.#treads.draw(context, this.#colours.line)
    for (const shell of world.shells) drawShell(context, shell, this.#colours.ink)
    for (const tank of world.tanks) {
      const player = players.get(String(tank[0]))
      const kind = tank[0] === mine ? 'mine' : player?.bot ? 'bot' : 'other'
      if (tank[6] > 0) drawBlast(context, tank, 1 - tank[6] / absence, calm, this.#colours)
      else drawTank(context, tank, kind, player?.name ?? '', this.#colours)
    }
  }

  /** The corner of what is shown: around one's own tank, or that of who leads; never beyond the ground. */
  #corner(world: Snapshot, players: ReadonlyMap<string, Player>, mine: number | undefined): Point {
    const width = this.#canvas.width / this.#scale
    const height = this.#canvas.height / this.#scale
    const score = ([number]: TankState) => players.get(String(number))?.score ?? 0
    const leader = world.tanks.reduce<TankState | undefined>(
      (best, tank) => (best && score(best) >= score(tank) ? best : tank),
      undefined,
    )
    const [, x = ground.width / 2, y = ground.height / 2] =
      world.tanks.find(([number]) => number === mine) ?? leader ?? []
    const within = (value: number, room: number) => Math.max(0, Math.min(room, value))
    return {
      x: within(x - width / 2, ground.width - width),
      y: within(y - height / 2, ground.height - height),
    }
  }
}
