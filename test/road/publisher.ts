/** What tests of publishing share: a publisher on the store in memory, and short ways to ask it. */
import { afterEach } from 'vitest'
import { type Limits, resolveLimits } from '../../src/core/limits.js'
import { Body, BytesBody } from '../../src/core/publish/body.js'
import type { PublishCommand } from '../../src/core/publish/commands.js'
import { toError } from '../../src/core/publish/outcome.js'
import { Publisher } from '../../src/core/publish/publisher.js'
import type { Rules } from '../../src/core/rule.js'
import { compileRules } from '../../src/core/rule-table.js'
import type { NewMessage, Store } from '../../src/core/store.js'
import type { AnywireError } from '../../src/protocol/error.js'
import { memory } from '../../src/stores/memory/memory.js'

const open: Store[] = []
afterEach(() => Promise.all(open.splice(0).map((store) => store.close())))

export const ada = { principal: { id: 'ada' }, address: '127.0.0.1' }
export const bytes = (text: string): NewMessage => ({ data: Buffer.from(text) })
export const producer = (seq: number, epoch = 0) => ({ id: 'p', epoch, seq })

/** What a test says of a publish beside its texts; `messages` instead of them. */
export interface Asked extends Partial<PublishCommand> {
  readonly messages?: readonly NewMessage[]
  readonly contentType?: string
}

/** A body that notes what becomes of it: whether it was received, and as what it was read. */
export class WatchedBody extends Body {
  readonly contentType = undefined
  readonly isEmpty = false
  readonly readAs: string[] = []
  arrived = false
  readonly #spell: (contentType: string) => NewMessage

  constructor(spell: (contentType: string) => NewMessage) {
    super()
    this.#spell = spell
  }

  protected read(contentType: string) {
    this.readAs.push(contentType)
    return [{ message: this.#spell(contentType) }]
  }
}

/** One that is received late. */
export class LateBody extends WatchedBody {
  override async arrive() {
    this.arrived = true
  }
}

export function body(messages: readonly NewMessage[], contentType?: string): BytesBody {
  return new BytesBody(messages, { jsonDepth: 100 }, contentType)
}

/** A publisher on a store in memory, with rules, and short ways to ask it. */
export function road(rules: Rules = {}, create: 'on-use' | 'explicit' = 'on-use', limited: Partial<Limits> = {}) {
  const store = memory()
  open.push(store)
  const errors: AnywireError[] = []
  const limits = resolveLimits({ messageBytes: 1_000, fieldBytes: 20, ...limited })
  const table = compileRules(rules, { create, manage: 'as-publish', functionMs: limits.functionMs })
  const publisher = new Publisher({ store, rules: table, limits, create, onError: (error) => errors.push(error) })

  /** Publishes texts to `c` as ada, and says what became of it in a word: the outcome's kind, or the error's code. */
  async function say(texts: string | string[], request: Asked = {}) {
    const outcome = await tell(texts, request)
    return toError(outcome, 'c')?.code ?? outcome.kind
  }
  function tell(texts: string | string[], request: Asked = {}) {
    const { messages = [texts].flat().map(bytes), contentType, ...command } = request
    return publisher.publish({ channel: 'c', body: body(messages, contentType), author: ada, ...command })
  }
  async function log(channel = 'c') {
    const page = await store.read(channel, { kind: 'start' }, { messages: 100, bytes: 1e6 })
    return page.kind === 'page' ? page.messages : []
  }
  const texts = async () => (await log()).map(({ data }) => data && Buffer.from(data).toString())
  return { store, publisher, errors, say, tell, log, texts }
}
