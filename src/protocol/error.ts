/** The one error class, and the table that says what each code means on every transport. */

/** What a code means: HTTP status, WebSocket close code, and whether a client may try again. */
export interface Meaning {
  readonly http: number
  readonly close: number
  /** `never`: the same request fails again; `later`: after a pause; `from-earliest`: from where the gap ends; `reauthenticate`: with another credential. */
  readonly retry: 'never' | 'later' | 'from-earliest' | 'reauthenticate'
}

/** The HTTP status of each code. */
export const statusOf = {
  'bad-request': 400,
  unauthorized: 401,
  forbidden: 403,
  fenced: 403,
  'unknown-channel': 404,
  'bad-method': 405,
  'not-acceptable': 406,
  timeout: 408,
  conflict: 409,
  'sequence-gap': 409,
  closed: 409,
  gap: 410,
  gone: 410,
  'too-large': 413,
  misdirected: 421,
  rejected: 422,
  'too-many': 429,
  slow: 410,
  internal: 500,
  'store-down': 503,
  'unknown-outcome': 503,
  draining: 503,
  unavailable: 503,
} as const

export type ErrorCode = keyof typeof statusOf

const codes = Object.keys(statusOf) as ErrorCode[]

/** Whether it is a code of ours: what comes from outside may name anything, `constructor` too. */
export const isErrorCode = (code: unknown): code is ErrorCode => codes.includes(code as ErrorCode)

/** The rest follows from the status, but for these. */
const exceptions: Partial<Record<ErrorCode, Partial<Meaning>>> = {
  unauthorized: { retry: 'reauthenticate' },
  closed: { close: 1000 },
  gap: { retry: 'from-earliest' },
  slow: { retry: 'from-earliest' },
  draining: { close: 1012 },
}

function meaningOf(code: ErrorCode): Meaning {
  const http = statusOf[code]
  const later = http === 408 || http === 429 || http >= 500
  return { http, close: 4000 + http, retry: later ? 'later' : 'never', ...exceptions[code] }
}

export const meanings = /* @__PURE__ */ Object.fromEntries(
  /* @__PURE__ */ codes.map((code) => [code, meaningOf(code)]),
) as Record<ErrorCode, Meaning>

/** HTTP statuses and WebSocket close codes (RFC 6455 §7.4) that say something without words of ours. */
const known: Readonly<Record<number, ErrorCode>> = {
  401: 'unauthorized',
  413: 'too-large',
  429: 'too-many',
  1009: 'too-large',
  1012: 'draining',
}

/** What a client makes of an HTTP status that came without an error of ours, from a proxy, say: mostly that the server cannot be reached. */
export function codeOfStatus(status: number): ErrorCode {
  return known[status] ?? 'unavailable'
}

/** What a client makes of a WebSocket close code: one that is not ours says no more than that the connection is gone. */
export function codeOfClose(close: number): ErrorCode {
  return codes.find((code) => close === 4000 + statusOf[code]) ?? codeOfStatus(close)
}

/** Facts of a failure that a program may act on; each is spelt in PROTOCOL.md "Errors". */
export interface ErrorDetails {
  /** Where reading may go on (`gap`), or the tail of the channel (`closed`). */
  readonly offset?: string
  /** Why messages are missing (`gap`, `slow`). */
  readonly reason?: string
  /** The epoch now in force (`fenced`). */
  readonly epoch?: number
  /** The next sequence number that would be stored (`sequence-gap`; `bad-request` for a new epoch that does not begin with 0). */
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
    return meaningOf(this.code)
  }

  /** What is sent to a client: the code, the sentence and the facts; never the cause or the stack. */
  toJSON(): { code: ErrorCode; message: string } & ErrorDetails {
    return { code: this.code, message: this.message, ...this.details }
  }

  /** What `toJSON` has made, and other facts beside it. */
  static fromJSON({ code, message, ...details }: { code: ErrorCode; message: string } & ErrorDetails): AnywireError {
    return new AnywireError(code, message, { details })
  }

  /** The only door in: an `AnywireError` stays as it is, anything else becomes `internal`, as it stands with a sentence that gives nothing away. */
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
