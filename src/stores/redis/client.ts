/** Connections of `@redis/client`: loaded on first use, and made as the options say. */
import { checkShape } from '../../core/shape.js'
import { AnywireError } from '../../protocol/error.js'
import { type ConnectionOptions, type RawClient, RedisConnection } from './connection.js'
import type { OpenConnection } from './node.js'
import { type RedisOptions, redisShape } from './options.js'

interface SocketOptions {
  readonly host?: string
  readonly port?: number
}

/** What clients are made with. */
interface ClientOptions {
  readonly socket?: SocketOptions
  readonly url?: string | undefined
}

type Library = typeof import('@redis/client')

async function loadLibrary(): Promise<Library> {
  try {
    return await import('@redis/client')
  } catch (cause) {
    const sentence = 'The Redis store needs the package "@redis/client": npm install @redis/client'
    throw new AnywireError('internal', sentence, { cause })
  }
}

export class Clients {
  readonly #library: Library
  readonly #base: ClientOptions
  readonly #silentMs: number
  readonly #sentinel: RedisOptions['sentinel']

  private constructor(library: Library, base: ClientOptions, silentMs: number, sentinel: RedisOptions['sentinel']) {
    this.#library = library
    this.#base = base
    this.#silentMs = silentMs
    this.#sentinel = sentinel
  }

  /** @throws AnywireError `bad-request` for an option that cannot be, `internal` where the package is not installed. */
  static async load(options: RedisOptions, timeoutMs: number): Promise<Clients> {
    checkShape<RedisOptions>('redis()', options, redisShape)
    const { url, client, sentinel } = options
    if (url !== undefined && client) throw wrong('Give either "url" or "client": a client knows where it connects to.')
    const library = await loadLibrary()
    try {
      // Parsed once, here: an address that is told later replaces this one.
      const made = client ?? library.createClient({ url: url ?? 'redis://127.0.0.1:6379' })
      const { url: _, ...base } = (made.options ?? {}) as ClientOptions
      return new Clients(library, base, timeoutMs, sentinel)
    } catch (cause) {
      throw wrong(`The URL of Redis cannot be used: ${cause}`)
    }
  }

  /** Where it is, as `host:port`; for a sentence. */
  get address(): string {
    const { host = '127.0.0.1', port = 6379 } = this.#base.socket ?? {}
    return this.#sentinel ? `"${this.#sentinel.name}" of its Sentinels` : `${host}:${port}`
  }

  /** To where the options say: with Sentinels, to the master that they name at this moment. */
  readonly open: OpenConnection = async (options) => {
    if (!this.#sentinel) return this.#open(this.#base.socket ?? {}, options)
    return this.#open(await this.#master(this.#sentinel), options)
  }

  /** To another address with the same options. */
  openAt(address: string): OpenConnection {
    const at = addressOf(address)
    return (options) => this.#open(at, options)
  }

  #open(at: SocketOptions, options: Partial<ConnectionOptions> = {}, base = this.#base): Promise<RedisConnection> {
    const { createClient, RESP_TYPES } = this.#library
    const client = createClient({
      ...base,
      socket: { ...base.socket, ...at, reconnectStrategy: false, connectTimeout: this.#silentMs },
      disableOfflineQueue: true,
      RESP: 3,
      maintNotifications: 'disabled',
      commandOptions: { timeout: 0, typeMapping: { [RESP_TYPES.BLOB_STRING]: Buffer } },
    } as object) as unknown as RawClient
    return RedisConnection.open(client, { silentMs: this.#silentMs, ...options })
  }

  async #master({ name, nodes }: NonNullable<RedisOptions['sentinel']>): Promise<SocketOptions> {
    const failures: string[] = []
    for (const node of nodes) {
      let connection: RedisConnection | undefined
      try {
        connection = await this.#open(addressOf(node), {}, {})
        const said = await connection.send(['SENTINEL', 'get-master-addr-by-name', name])
        if (said) {
          const [host, port] = said as readonly Buffer[]
          return { host: String(host), port: Number(String(port)) }
        }
        failures.push(`${node} knows no "${name}"`)
      } catch (thrown) {
        failures.push(`${node}: ${thrown instanceof Error ? thrown.message : thrown}`)
      } finally {
        connection?.end()
      }
    }
    throw new Error(`No Sentinel says where the master is (${failures.join('; ')}).`)
  }
}

export function wrong(sentence: string): AnywireError {
  return new AnywireError('bad-request', sentence)
}

function addressOf(address: string): SocketOptions {
  const colon = address.lastIndexOf(':')
  return { host: address.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(address.slice(colon + 1)) }
}
