/** The one error class, and the table that says what each code means on every transport. */

/** What a code means: HTTP status, WebSocket close code, and whether a client may try again. */
export interface Meaning {
  readonly http: number
  readonly close: number
  /**
   * `never`: the same request fails again; `later`: after a pause; `from-earliest`: from where the gap ends;
   * `reauthenticate`: with another credential.
   */
  readonly retry: 'never' | 'later' | 'from-earliest' | 'reauthenticate'
}

/** Each code and what it means. */
export const meanings = {
  'bad-request': { http: 400, close: 4400, retry: 'never' },
  unauthorized: { http: 401, close: 4401, retry: 'reauthenticate' },
  forbidden: { http: 403, close: 4403, retry: 'never' },
  fenced: { http: 403, close: 4403, retry: 'never' },
  'unknown-channel': { http: 404, close: 4404, retry: 'never' },
  'bad-method': { http: 405, close: 4405, retry: 'never' },
  'not-acceptable': { http: 406, close: 4406, retry: 'never' },
  timeout: { http: 408, close: 4408, retry: 'later' },
  conflict: { http: 409, close: 4409, retry: 'never' },
  'sequence-gap': { http: 409, close: 4409, retry: 'never' },
  closed: { http: 409, close: 1000, retry: 'never' },
  gap: { http: 410, close: 4410, retry: 'from-earliest' },
  gone: { http: 410, close: 4410, retry: 'never' },
  'too-large': { http: 413, close: 4413, retry: 'never' },
  misdirected: { http: 421, close: 4421, retry: 'never' },
  rejected: { http: 422, close: 4422, retry: 'never' },
  'too-many': { http: 429, close: 4429, retry: 'later' },
  slow: { http: 410, close: 4410, retry: 'from-earliest' },
  internal: { http: 500, close: 4500, retry: 'later' },
  'store-down': { http: 503, close: 4503, retry: 'later' },
  'unknown-outcome': { http: 503, close: 4503, retry: 'later' },
  draining: { http: 503, close: 1012, retry: 'later' },
  unavailable: { http: 503, close: 4503, retry: 'later' },
} as const satisfies Readonly<Record<string, Meaning>>

export type ErrorCode = keyof typeof meanings

const codes = Object.keys(meanings) as ErrorCode[]

/** Whether it is a code of ours: what comes from outside may name anything, `constructor` too. */
export const isErrorCode = (code: unknown): code is ErrorCode => codes.includes(code as ErrorCode)

/** HTTP statuses and WebSocket close codes (RFC 6455 §7.4) that say something without words of ours. */
const known: Readonly<Record<number, ErrorCode>> = {
  401: 'unauthorized',
  413: 'too-large',
  429: 'too-many',
  1009: 'too-large',
  1012: 'draining',
}

/**
 * What a client makes of an HTTP status that came without an error of ours, from a proxy, say: mostly that the server
 * cannot be reached.
 */
export function codeOfStatus(status: number): ErrorCode {
  return known[status] ?? 'unavailable'
}

/**
 * What a client makes of a WebSocket close code: one that is not ours says no more than that the connection is gone.
 */
export function codeOfClose(close: number): ErrorCode {
  return (close >= 4000 && codes.find((code) => meanings[code].close === close)) || codeOfStatus(close)
}

/** Facts of a failure that a program may act on; each is spelt in PROTOCOL.md "Errors". */
export interface ErrorDetails {
  /** Where reading may go on (`gap`), or the tail of the channel (`closed`). */
  readonly offset?: string
  /**
   * Why messages are missing (`gap`, `slow`), or what is wrong with the credential (`unauthorized`, `forbidden`):
   * `invalid_token` or `insufficient_scope`.
   */
  readonly reason?: string
  /** The epoch now in force (`fenced`). */
  readonly epoch?: number
  /**
   * The next sequence number that would be stored (`sequence-gap`; `bad-request` for a new epoch that does not begin
   * with 0).
   */
  readonly expected?: number
  /** The sequence number that came (`sequence-gap`). */
  readonly received?: number
  /** Milliseconds after which trying again makes sense (`too-many`, `draining`). */
  readonly retryMs?: number
  /** What a schema found wrong (`rejected`). */
  readonly issues?: readonly unknown[]
}

export interface AnywireErrorOptions {
  readonly cause?: unknown
  readonly details?: ErrorDetails
}

/** Every failure of Anywire: a closed code, a sentence with the facts, and a cause. */
export class AnywireError extends Error {
  override readonly name = 'AnywireError'
  readonly code: ErrorCode
  readonly details: ErrorDetails

  constructor(code: ErrorCode, message: string, options: AnywireErrorOptions = {}) {
    super(message, options)
    this.code = code
    this.details = options.details ?? {}
  }

  get meaning(): Meaning {
    return meanings[this.code]
  }

  /** What is sent to a client: the code, the sentence and the facts; never the cause or the stack. */
  toJSON(): { code: ErrorCode; message: string } & ErrorDetails {
    return { code: this.code, message: this.message, ...this.details }
  }

  /** What `toJSON` has made, and other facts beside it. */
  static fromJSON({ code, message, ...details }: { code: ErrorCode; message: string } & ErrorDetails): AnywireError {
    return new AnywireError(code, message, { details })
  }

  /**
   * The only door in: an `AnywireError` stays as it is, anything else becomes `internal`, as it stands with a sentence
   * that gives nothing away.
   */
  static from(
    cause: unknown,
    message = 'The server failed; its log says why.',
    code: ErrorCode = 'internal',
  ): AnywireError {
    try {
      if (cause instanceof AnywireError) return cause
    } catch {
      // A proxy may throw even when it is asked what it is.
    }
    return new AnywireError(code, message, { cause })
  }
}
