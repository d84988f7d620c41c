/** What was thrown in one thread, spelt so that another can throw it again: a clone loses class and fields. */
import { AnywireError, type ErrorCode, type ErrorDetails, isErrorCode } from '../protocol/error.js'

export type Fault =
  | {
      readonly kind: 'error'
      readonly name: string
      readonly message: string
      readonly stack: string | undefined
      readonly code?: string
      readonly details?: ErrorDetails
      readonly cause?: Fault
    }
  | { readonly kind: 'value'; readonly value: unknown }

/** What an error may say besides. */
interface Coded extends Error {
  readonly code?: unknown
  readonly details?: ErrorDetails
}

/** Causes of causes that travel along: enough to tell, and an end to circles. */
const causes = 4

const natives: Readonly<Record<string, new (message: string) => Error>> = {
  EvalError,
  RangeError,
  ReferenceError,
  SyntaxError,
  TypeError,
  URIError,
}

export function toFault(thrown: unknown, depth = causes): Fault {
  if (!(thrown instanceof Error)) return { kind: 'value', value: thrown }
  const { name, message, stack, cause } = thrown
  const { code, details }: Coded = thrown
  return {
    kind: 'error',
    name,
    message,
    stack,
    ...(typeof code === 'string' && { code }),
    ...(isOurs(name, code) && details !== undefined && { details }),
    ...(cause !== undefined && depth > 0 && { cause: toFault(cause, depth - 1) }),
  }
}

export function fromFault(fault: Fault): unknown {
  if (fault.kind === 'value') return fault.value
  const error = revive(fault)
  const define = (key: string, value: unknown) =>
    Object.defineProperty(error, key, { value, configurable: true, writable: true })
  if (fault.stack !== undefined) define('stack', fault.stack)
  if (fault.cause !== undefined) define('cause', fromFault(fault.cause))
  return error
}

function revive(fault: Extract<Fault, { kind: 'error' }>): Error {
  const { name, message, code, details } = fault
  if (isOurs(name, code)) return new AnywireError(code, message, details && { details })
  // Only these two are thrown by programs; their class is what an `AbortSignal` gives as its reason.
  if (name === 'AbortError' || name === 'TimeoutError') return new DOMException(message, name)
  const Native = natives[name]
  const error = Native ? new Native(message) : Object.assign(new Error(message), { name })
  return code === undefined ? error : Object.assign(error, { code })
}

/** By its looks: a job that was bundled on its own has a class of its own. */
function isOurs(name: string, code: unknown): code is ErrorCode {
  return name === 'AnywireError' && isErrorCode(code)
}
