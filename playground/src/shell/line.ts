/** A line of this browser that the server cuts when it is asked to: connections end without a word, and new ones come to nothing. */
import { toast } from './toasts.js'
import { Value } from './value.js'

export type LineState = 'open' | 'cut'

export class Line {
  readonly state = new Value<LineState>('open')
  readonly #path: string
  /** The tabs of a browser share the line: the one whose switch is used tells the others. */
  readonly #tabs: BroadcastChannel

  constructor(path: string) {
    this.#path = path
    this.#tabs = new BroadcastChannel(path)
    this.#tabs.onmessage = ({ data }) => this.#settle(data)
  }

  /** Asks the server how it is. */
  look = () => this.#ask()

  set = async (to: LineState) => {
    if (await this.#ask({ method: 'PUT', body: to })) this.#tabs.postMessage(this.state.value)
  }

  async #ask(init?: RequestInit): Promise<boolean> {
    try {
      this.#settle(await (await fetch(this.#path, init)).text())
      return true
    } catch {
      toast('The server does not answer. Is it running?')
      return false
    }
  }

  #settle(answer: unknown): void {
    const before = this.state.value
    this.state.set(answer === 'cut' ? 'cut' : 'open')
    // What a browser says when its network is back: clients then wait no longer.
    if (before === 'cut' && this.state.value === 'open') dispatchEvent(new Event('online'))
  }
}
