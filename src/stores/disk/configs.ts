/** The configurations of channels. Those of one rule are written once, and are one object. */
import type { ChannelConfig } from '../../core/store.js'
import type { Aside, DiskEngine } from './engine.js'

/** Configurations that have a number. What else there is stands in the records of its channels. */
const maxShared = 1_000
/** Others that are held in memory, so that they need not be parsed again. */
const maxOthers = 1_000

export class DiskConfigs implements Aside {
  readonly #engine: DiskEngine
  readonly #shared: ChannelConfig[] = []
  readonly #numbers = new Map<string, number>()
  readonly #others = new Map<string, ChannelConfig>()
  #texts = new WeakMap<ChannelConfig, number | string>()

  constructor(engine: DiskEngine) {
    this.#engine = engine
    engine.join(this)
  }

  write(): void {}

  /** What a commit has numbered that was taken back has no number. */
  forget(): void {
    this.#shared.length = 0
    this.#numbers.clear()
    this.#texts = new WeakMap()
  }

  /** Within a commit: what stands for it in a record. */
  spell(config: ChannelConfig): number | string {
    let spelt = this.#texts.get(config)
    if (spelt === undefined) {
      const text = JSON.stringify(config)
      spelt = this.#numberOf(text) ?? text
      this.#texts.set(config, spelt)
    }
    return spelt
  }

  read(spelt: number | string): ChannelConfig {
    if (typeof spelt === 'string') return this.#other(spelt)
    return this.#shared[spelt] ?? this.#load(spelt)
  }

  #numberOf(text: string): number | undefined {
    const { store, names } = this.#engine
    for (let number = this.#shared.length; number < store.configs; number++) this.#load(number)
    const known = this.#numbers.get(text)
    if (known !== undefined || store.configs >= maxShared) return known
    void names.put(['f', store.configs], text)
    return this.#keep(store.configs++, text)
  }

  #load(number: number): ChannelConfig {
    for (let next = this.#shared.length; next <= number; next++)
      this.#keep(next, this.#engine.get<string>(['f', next])!)
    return this.#shared[number]!
  }

  #keep(number: number, text: string): number {
    this.#shared[number] = JSON.parse(text) as ChannelConfig
    this.#numbers.set(text, number)
    return number
  }

  #other(text: string): ChannelConfig {
    let config = this.#others.get(text)
    if (!config) {
      config = JSON.parse(text) as ChannelConfig
      if (this.#others.size >= maxOthers) this.#others.clear()
      this.#others.set(text, config)
    }
    return config
  }
}
