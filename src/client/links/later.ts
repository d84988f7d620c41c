/** A link over POST, loaded when it is needed: a page that WebSockets serve does without at first. */
import type { Link, LinkOptions, Readings, SentPublish } from '../link.js'
import { errorOf } from './post.js'

/** Also called before it is needed: later the network may be gone, or the file replaced by that of another release. */
export const loadOverPost = () => import('./over-post.js')

/** What is asked of it before it is loaded, it does then; afterwards at once, as a link has to. */
export class LaterLink implements Link {
  readonly transport: 'stream' | 'poll'
  #link: Link | undefined
  #over = false
  #asked: ((link: Link) => void)[] = []

  constructor(transport: 'stream' | 'poll', options: LinkOptions) {
    this.transport = transport
    void this.#load(options)
  }

  get connectMs(): number {
    return this.#link?.connectMs ?? 0
  }

  get roundTripMs(): number {
    return this.#link?.roundTripMs ?? 0
  }

  get aheadMs(): number | undefined {
    return this.#link?.aheadMs
  }

  read(readings: Readings): void {
    this.#do((link) => link.read(readings))
  }

  publish(requests: readonly SentPublish[]): void {
    this.#do((link) => link.publish(requests))
  }

  authenticate(token: string): void {
    this.#do((link) => link.authenticate(token))
  }

  close(): void {
    this.#over = true
    this.#link?.close()
  }

  #do(act: (link: Link) => void): void {
    if (this.#link) act(this.#link)
    else this.#asked.push(act)
  }

  async #load(options: LinkOptions): Promise<void> {
    try {
      const { OverPost } = await loadOverPost()
      if (this.#over) return
      const link = new OverPost(this.transport, options)
      this.#link = link
      for (const act of this.#asked.splice(0)) act(link)
    } catch (thrown) {
      if (!this.#over) options.events.lost(errorOf(thrown))
    }
  }
}
