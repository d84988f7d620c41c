/** One visit to the arena: watching it, and playing in it when one wants to. */
import type { Snapshot } from '../channels.js'
import { client, complain } from '../shell/client.js'
import { myName } from '../shell/me.js'
import { Value } from '../shell/value.js'
import { Controls } from './controls.js'
import { Helm } from './helm.js'
import { World } from './world.js'

export class Match {
  readonly world = new World((snapshot) => this.#see(snapshot))
  readonly controls = new Controls((heading, fire) => this.#helm?.want(heading, fire))
  readonly playing = new Value(false)
  /** One's tank is destroyed, and not yet back. */
  readonly down = new Value(false)
  #helm: Helm | undefined

  /** The number of one's own tank. */
  get tank(): number | undefined {
    return this.#helm?.tank
  }

  get lagMs(): number | undefined {
    return this.#helm?.lagMs
  }

  play(): void {
    this.#helm ??= new Helm({
      name: () => myName.value,
      isOpen: () => client.state.value === 'open',
      publish: async (steering) => (await client.publish('game/steering', steering)).reply,
      onRefused: (thrown) => {
        complain(thrown)
        this.#stop()
      },
    })
    this.playing.set(true)
  }

  /** Says so even while the page is being closed. */
  leave(): void {
    if (!this.#helm) return
    this.#stop()
    const request = { method: 'POST', headers: { 'content-type': 'application/json' }, keepalive: true }
    fetch('/channels/game/steering', { ...request, body: '{"leave":true}' }).catch(() => undefined)
  }

  close(): void {
    this.leave()
    this.world.close()
  }

  #stop(): void {
    this.#helm?.close()
    this.#helm = undefined
    this.playing.set(false)
    this.down.set(false)
  }

  #see({ tanks }: Snapshot): void {
    const helm = this.#helm
    const mine = tanks.find(([number]) => number === helm?.tank)
    if (!helm || !mine) return
    helm.heeded(mine[7])
    this.down.set(mine[6] > 0)
  }
}
