/** What the process that started the workers asks each of them, for the internal port of all. */
import type { Worker } from 'node:cluster'
import type { OwnMetrics, Values } from '../admin/metrics.js'
import type { Member } from '../admin/sum.js'
import type { Hub } from '../index.js'
import type { Readiness } from '../server/hub.js'

interface Question {
  readonly id: number
  readonly asks: 'readiness' | 'values'
  readonly top?: number | undefined
}

interface Answer {
  readonly answers: number
  readonly value: unknown
}

/** A probe gives up after some seconds. */
const deadlineMs = 4_000

/** In a worker: answers what is asked. */
export function answerQuestions(hub: Hub, metrics: OwnMetrics): void {
  process.on('message', ({ id, asks, top }: Question) => {
    const asked = asks === 'readiness' ? hub.readiness() : asks === 'values' ? metrics.values(hub, top) : undefined
    const answer = (value: unknown) => void process.send?.({ answers: id, value } satisfies Answer)
    asked?.then(answer, () => undefined)
  })
}

/** A worker, as it is asked. */
export class AskedWorker implements Member {
  readonly #worker: Worker
  readonly #waiting = new Map<number, (value: unknown) => void>()
  #count = 0

  constructor(worker: Worker) {
    this.#worker = worker
    worker.on('message', ({ answers, value }: Answer) => this.#waiting.get(answers)?.(value))
  }

  readiness(): Promise<Readiness> {
    return this.#ask({ id: ++this.#count, asks: 'readiness' }) as Promise<Readiness>
  }

  values(top?: number): Promise<Values> {
    return this.#ask({ id: ++this.#count, asks: 'values', top }) as Promise<Values>
  }

  #ask(question: Question): Promise<unknown> {
    return new Promise((answered, failed) => {
      const end = () => {
        clearTimeout(late)
        this.#waiting.delete(question.id)
      }
      const late = setTimeout(() => {
        end()
        failed(new Error('The worker did not answer.'))
      }, deadlineMs)
      this.#waiting.set(question.id, (value) => {
        end()
        answered(value)
      })
      // One that is ending is late.
      this.#worker.send(question, () => undefined)
    })
  }
}
