/** Many readers of one channel, each in a durable long poll of its own, which goes on from where its answer ended. */
import { once } from 'node:events'
import { Agent, type IncomingMessage, request as open } from 'node:http'
import { onTestFinished } from 'vitest'

export interface Polled {
  readonly status: number
  readonly next: string
  readonly cursor: string
  readonly body: string
}

/** One reader: polls on until it is told to stop. */
class Poller {
  readonly got: Polled[] = []
  #offset: string
  #cursor = ''
  readonly #url: string
  readonly #agent: Agent

  constructor(url: string, agent: Agent, offset: string) {
    this.#url = url
    this.#agent = agent
    this.#offset = offset
  }

  async run(told: () => void): Promise<void> {
    while (true) {
      const cursor = this.#cursor && `&cursor=${this.#cursor}`
      const answer = await poll(`${this.#url}?live=long-poll&offset=${this.#offset}${cursor}`, this.#agent)
      this.got.push(answer)
      this.#offset = answer.next
      this.#cursor = answer.cursor
      told()
    }
  }
}

export class Pollers {
  readonly all: Poller[] = []
  readonly #url: string
  readonly #agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY })
  #over = false
  #told: () => void = () => undefined
  #failed: unknown

  /** The readers of one channel's URL, until the test is over. */
  constructor(url: string) {
    this.#url = url
    onTestFinished(() => {
      this.#over = true
      this.#agent.destroy()
    })
  }

  /** Lets in so many more at an offset. */
  join(count: number, offset: string): void {
    for (let n = 0; n < count; n++) {
      const poller = new Poller(this.#url, this.#agent, offset)
      this.all.push(poller)
      poller
        .run(() => this.#told())
        .catch((thrown) => {
          if (!this.#over) this.#failed = thrown
          this.#told()
        })
    }
  }

  /** Resolves when all have got an answer that fits. */
  async until(fits: (answer: Polled) => boolean): Promise<void> {
    while (true) {
      if (this.#failed) throw this.#failed
      if (this.all.every(({ got }) => got.some(fits))) return
      await new Promise<void>((resolve) => {
        this.#told = () => setImmediate(resolve)
      })
    }
  }
}

async function poll(url: string, agent: Agent): Promise<Polled> {
  const request = open(url, { agent })
  request.end()
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  let body = ''
  response.setEncoding('utf8')
  for await (const chunk of response) body += chunk
  const { statusCode: status = 0, headers } = response
  if (status !== 200 && status !== 204) throw new Error(`${url} was answered ${status}: ${body.slice(0, 200)}`)
  return {
    status,
    next: String(headers['stream-next-offset']),
    cursor: String(headers['stream-cursor'] ?? ''),
    body,
  }
}
