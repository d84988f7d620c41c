/** What was really published, and the judge of what a reading got: exactly the log, or an announced gap and then exactly the log. */
import { numberOf, type Offset, whenOf } from '../../src/protocol/offset.js'

/** One message or gap, as a reader got it. */
export type Item =
  | { readonly kind: 'message'; readonly id: string }
  | { readonly kind: 'gap'; readonly reason: string; readonly to: Offset; readonly missed?: number | undefined }

/** What a log held from its creation to its deletion or loss. */
interface Life {
  /** True where a message has an id; others are empty and cannot be told apart. */
  readonly named: boolean[]
  readonly whens: Set<string>
}

/** The last message of all. */
export const last = 'last'

/** A channel's history: its lives, one after another. */
export class Ledger {
  readonly #lives: Life[] = [{ named: [], whens: new Set() }]

  /** Names the next messages of the present life; those of size 0 stay without a name. */
  names(sizes: readonly number[]): (string | undefined)[] {
    const life = this.#lives.length - 1
    const { named } = this.#lives[life]!
    return sizes.map((size) => {
      named.push(size > 0)
      return size > 0 ? `${life}.${named.length}` : undefined
    })
  }

  /** They have been stored, up to this position. */
  stored(offset: Offset): void {
    this.#lives.at(-1)!.whens.add(whenOf(offset))
  }

  /** The log was deleted or lost. */
  ends(): void {
    if (this.#lives.at(-1)!.named.length > 0) this.#lives.push({ named: [], whens: new Set() })
  }

  /** The life that minted this position; undefined for a birth. */
  lifeOf(offset: Offset): number | undefined {
    // A birth may fall into the microsecond of a message of another life.
    if (numberOf(offset) === 0) return undefined
    const life = this.#lives.findLastIndex(({ whens }) => whens.has(whenOf(offset)))
    if (life >= 0) return life
    throw new Error(`No message was ever stored at ${offset}.`)
  }

  /** Whether only nameless messages lie between two places of a life. */
  namelessBetween(life: number, from: number, to: number): boolean {
    return !this.#lives[life]!.named.slice(from - 1, to - 1).includes(true)
  }
}

/** One reading, judged as it goes. */
export class Judge {
  readonly #ledger: Ledger
  /** What must come next: the number, and the life if it is known. */
  #life: number | undefined = 0
  #number = 1
  #newest = 0
  #done = false
  readonly heard: string[] = []

  constructor(ledger: Ledger) {
    this.#ledger = ledger
  }

  get done(): boolean {
    return this.#done
  }

  /** @throws Error that says what should have come. */
  hear(item: Item, form: string): void {
    this.heard.push(`${form} ${item.kind === 'gap' ? `[${item.reason} ${item.to}]` : item.id}`)
    if (item.kind === 'gap') return this.#gap(item)
    if (this.#done) throw this.#wrong('nothing more')
    const [life, number] = item.id.split('.').map(Number) as [number, number]
    const sameLife = this.#life === undefined ? life >= this.#newest : life === this.#life
    if (!sameLife || number < this.#number || !this.#ledger.namelessBetween(life, this.#number, number))
      throw this.#wrong(`${this.#life ?? 'a new life'}.${this.#number}`)
    this.#life = life
    this.#newest = life
    this.#number = number + 1
  }

  /** The last message of all has come. */
  finish(): void {
    this.#done = true
  }

  #gap({ reason, to, missed }: Extract<Item, { kind: 'gap' }>): void {
    const life = this.#ledger.lifeOf(to)
    const number = numberOf(to) + 1
    if (reason !== 'trimmed' && reason !== 'reset') throw this.#wrong('another reason')
    // A position of a lost log can look as if it were of the next one, only older. What counts is that the gap leads on.
    if (reason === 'trimmed' && life === this.#life && number < this.#number) throw this.#wrong('a gap that leads on')
    if (life !== undefined && life < this.#newest) throw this.#wrong('no earlier life')
    if (missed !== undefined && life === this.#life && missed > number - this.#number + 1)
      throw this.#wrong(`a smaller count than ${missed}`)
    this.#life = life
    this.#number = number
  }

  #wrong(expected: string): Error {
    return new Error(
      `After ${this.heard.length} items expected ${expected}; heard … ${this.heard.slice(-12).join(', ')}`,
    )
  }
}
