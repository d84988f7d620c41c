/** Revocations of one store: kept in the log `$revoked`, which each node follows, and acted on wherever one is heard of. */
import { covers, isSame, merged, type Revocation, Revoked } from '../../core/access/revoked.js'
import { revokedChannel } from '../../core/own-channels.js'
import { BytesBody } from '../../core/publish/body.js'
import { toError } from '../../core/publish/outcome.js'
import type { Principal } from '../../core/rule.js'
import { mostRevocations } from '../../core/rule-table.js'
import type { NewMessage } from '../../core/store.js'
import { timed } from '../../core/wheel.js'
import { AnywireError } from '../../protocol/error.js'
import type { Message } from '../../protocol/message.js'
import type { ChannelName } from '../../protocol/name.js'
import { closedHub } from '../../stores/guarded-calls.js'
import type { Context } from '../context.js'
import { KeyedView } from '../keyed-view.js'
import { type ResolvedRevocation, type RevocationOptions, resolveRevocation } from './options.js'
import { readRevocation, revocationKey, spellRevocation } from './revocation-message.js'
import { Sight } from './sight.js'
import { type RevokeTarget, revocationOf } from './target.js'

export interface RevocationsOptions {
  readonly context: Pick<Context, 'delivery' | 'limits' | 'report' | 'publisher'>
  readonly said: RevocationOptions | undefined
  /** Other nodes write to the log, too. */
  readonly shared: boolean
  /** There are credentials here: they are looked up from the start. */
  readonly asks: boolean
  /** Ends what the revoked credentials have opened here. */
  readonly end: (revocation: Revocation) => void
  /** Ends everything that clients have open. */
  readonly endAll: (reason: AnywireError) => void
}

/** What could not be written is written again after so long. */
const againMs = 1_000
/** Appends that are tried at once, while other nodes write. */
const mostAttempts = 20
/** Revocations of one append, and of those that are over. */
const atOnce = 500

export class Revocations {
  readonly #options: RevocationsOptions
  readonly #said: ResolvedRevocation
  readonly #refuses: boolean
  readonly #view: KeyedView
  readonly #sight: Sight
  #revoked = new Revoked()
  /** What the log says, while it is being read anew. Until then the old counts. */
  #fresh: Revoked | undefined
  /** What the log does not say yet, by key. */
  readonly #unwritten = new Map<string, Revocation>()
  #writing: Promise<void> | undefined
  readonly #again = timed(() => void this.#write().catch(() => undefined))
  #begun = false
  #closed = false

  constructor(options: RevocationsOptions) {
    const { context, said, shared, asks } = options
    this.#options = options
    this.#said = resolveRevocation(said)
    this.#refuses = asks && this.#said.whenBlind === 'refuse'
    this.#view = new KeyedView({
      context,
      channel: revokedChannel,
      alone: !shared,
      events: {
        cleared: () => {
          this.#fresh = new Revoked()
        },
        changed: (message) => this.#heard(message),
        settled: () => this.#settled(),
      },
    })
    const { wheel } = context.delivery
    this.#sight = new Sight({ view: this.#view, wheel, blind: (ms) => this.#blind(ms) })
    if (asks) this.#begin()
  }

  /** How many of the hub's readings are its own. */
  get readings(): number {
    return this.#view.follows ? 1 : 0
  }

  /** Why this credential, or its use of the channel, is refused; undefined: it is not. */
  refusal(principal: Principal, channel?: ChannelName): AnywireError | undefined {
    return this.#revoked.refusal(principal, channel)
  }

  /**
   * Before a credential is let in. Waits until it is known for the first time what was revoked.
   * @throws (or rejects with) AnywireError `unauthorized` for one that was revoked; `store-down` while this cannot be
   * known.
   */
  check(principal: Principal): void | Promise<void> {
    const isNew = this.#begun && !this.#view.loaded && !this.#sight.isBlind && !this.#closed
    if (isNew) return this.#known(principal)
    const refusal = this.#refuses && this.#sight.isBlind ? blindness() : this.refusal(principal)
    if (refusal) throw refusal
  }

  /**
   * Acts here at once, and resolves when all nodes will: the log has it. It holds here even if that fails, and is
   * written when the store is back.
   * @throws AnywireError `bad-request` for a target that cannot be, and rejects with why it could not be written
   */
  async revoke(target: RevokeTarget): Promise<Revocation> {
    const { limits } = this.#options.context
    const asked = revocationOf(target, this.#said.keepMs, limits.nameBytes)
    const key = revocationKey(asked)
    if (this.#revoked.size >= mostRevocations && !this.#revoked.get(asked)) this.#makeRoom()
    this.#take(asked)
    const revocation = merged(asked, this.#unwritten.get(key))
    this.#unwritten.set(key, revocation)
    this.#begin()
    do await this.#write()
    while (this.#unwritten.has(key))
    return revocation
  }

  close(): void {
    this.#closed = true
    this.#options.context.delivery.wheel.cancel(this.#again)
    this.#sight.close()
    this.#view.close()
  }

  #begin(): void {
    if (this.#begun) return
    this.#begun = true
    if (this.#options.shared) this.#sight.start()
    this.#view.open().catch(() => this.#sight.failed())
  }

  async #known(principal: Principal): Promise<void> {
    await this.#view.open().catch(() => this.#sight.failed())
    const again = this.check(principal)
    if (again) await again
  }

  #blind(ms: number): void {
    if (this.#refuses && ms >= this.#said.blindMs) this.#options.endAll(blindness())
  }

  #heard(message: Message): void {
    const revocation = readRevocation(message)
    if (!revocation) return
    if (this.#fresh) this.#fresh.add(revocation)
    else this.#take(revocation)
  }

  /** Of what the log said before and does not say now, it has lost what is not over. */
  #settled(): void {
    const fresh = this.#fresh
    this.#fresh = undefined
    this.#sight.saw()
    if (!fresh) return
    for (const revocation of fresh) this.#take(revocation)
    for (const revocation of this.#revoked) {
      if (revocation.until <= Date.now()) this.#revoked.remove(revocation)
      else if (!isSame(revocation, fresh.get(revocation))) this.#unwritten.set(revocationKey(revocation), revocation)
    }
    if (this.#unwritten.size > 0) this.#plan()
  }

  #take(revocation: Revocation): void {
    const news = this.#revoked.add(revocation)
    if (news && news.until > Date.now()) this.#options.end(news)
  }

  /** @throws AnywireError `too-many` */
  #makeRoom(): void {
    for (const revocation of this.#over()) this.#revoked.remove(revocation)
    if (this.#revoked.size < mostRevocations) return
    const sentence = `${mostRevocations} revocations are kept already: revoke by tenant or principal, or keep them for less.`
    throw new AnywireError('too-many', sentence, { details: { retryMs: 60_000 } })
  }

  #over(): Revocation[] {
    const now = Date.now()
    return [...this.#revoked].filter(({ until }) => until <= now)
  }

  #plan(): void {
    const { wheel } = this.#options.context.delivery
    if (!this.#closed && this.#again.tick === 0) wheel.schedule(this.#again, againMs)
  }

  /** One writing at a time. Rejects with why it could not be written; then it is tried again later. */
  #write(): Promise<void> {
    this.#writing ??= this.#writeAll()
      .catch((thrown) => {
        this.#plan()
        throw thrown
      })
      .finally(() => {
        this.#writing = undefined
      })
    return this.#writing
  }

  async #writeAll(): Promise<void> {
    await this.#view.open()
    let attempts = 0
    while (this.#unwritten.size > 0) {
      if (this.#closed) throw closedHub()
      const entries = [...this.#unwritten].slice(0, atOnce)
      if (await this.#append(entries.map(([, one]) => this.#revoked.get(one) ?? one))) {
        for (const [key, one] of entries) if (this.#unwritten.get(key) === one) this.#unwritten.delete(key)
        attempts = 0
      } else if (++attempts === mostAttempts) {
        throw new AnywireError('store-down', 'Other nodes revoke too much at once: try again.')
      }
    }
  }

  /**
   * False: another node has written meanwhile, and what it revoked is known now.
   * @throws AnywireError if the store cannot be asked.
   */
  async #append(revocations: readonly Revocation[]): Promise<boolean> {
    const { publisher, limits } = this.#options.context
    const over = this.#over().slice(0, atOnce)
    const messages: NewMessage[] = [
      ...revocations.map(spellRevocation),
      ...over.map((one) => ({ key: revocationKey(one), data: undefined })),
    ]
    // [store seam] `seq` must rise: whoever appends at a position that is not the head any more is refused.
    const body = new BytesBody(messages, limits)
    const outcome = await publisher.publish({
      channel: revokedChannel,
      body,
      seq: this.#view.head,
      create: true,
      lane: this,
    })
    if (outcome.kind === 'appended') {
      this.#view.passed(outcome.next)
      for (const one of over) this.#revoked.remove(one)
      return true
    }
    await this.#view.refresh()
    const error = outcome.kind === 'stale-seq' ? undefined : toError(outcome, revokedChannel)
    if (error) throw error
    return false
  }
}

/** Whether this principal's credential is meant by a revocation, for those who keep credentials. */
export function isMeant(revocation: Revocation): (principal: Principal) => boolean {
  return (principal) => covers(revocation, principal, Date.now())
}

function blindness(): AnywireError {
  const sentence = 'It cannot be read at present which credentials were revoked: try again later.'
  return new AnywireError('store-down', sentence, { details: { retryMs: 1_000 + Math.round(Math.random() * 2_000) } })
}
