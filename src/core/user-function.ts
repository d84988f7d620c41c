/** Calls of the application's functions: the caller gets a value or one AnywireError, in time. */
import { AnywireError, isErrorCode, meanings } from '../protocol/error.js'

/** The longest that a timer can wait. */
const longestMs = 2 ** 31 - 1

/**
 * The function, safe to call: it throws or rejects only with an AnywireError that can be sent, and a promise settles
 * within `ms`. A value that is returned directly is passed on without a promise or a timer. A late answer is dropped.
 * @param name for the log: which function of which rule or option failed.
 */
export function guarded<A extends readonly unknown[], T>(
  name: string,
  call: (...given: A) => T | PromiseLike<T>,
  ms: number,
): (...given: A) => T | Promise<T> {
  return (...given) => {
    let answer: T | PromiseLike<T>
    try {
      answer = call(...given)
      if (!isThenable(answer)) return answer
    } catch (thrown) {
      throw userError(thrown)
    }
    return within(ms, answer, name)
  }
}

/**
 * What the application threw, as an error that can be sent and logged: its own AnywireError, or `internal`. Throws
 * nothing.
 */
export function userError(thrown: unknown): AnywireError {
  try {
    if (thrown instanceof AnywireError && isSound(thrown)) {
      // The same object may be thrown many times: each failure is reported by itself.
      const { code, message, details } = thrown
      return meanings[code].http < 500 ? thrown : new AnywireError(code, message, { details, cause: thrown })
    }
  } catch {
    // A proxy or a getter that throws: it is not an error that can be sent.
  }
  return new AnywireError('internal', 'The server failed; its log says why.', { cause: thrown })
}

/** Its code is one of ours, and its details can be encoded as JSON and as headers. */
function isSound(error: AnywireError): boolean {
  const { code, message, details } = error
  const { offset, epoch, expected, received, retryMs } = details
  return (
    isErrorCode(code) &&
    typeof message === 'string' &&
    (offset === undefined || (typeof offset === 'string' && /^[\x20-\x7e]*$/.test(offset))) &&
    [epoch, expected, received, retryMs].every((fact) => fact === undefined || Number.isFinite(fact)) &&
    typeof JSON.stringify(error) === 'string'
  )
}

function isThenable(answer: unknown): answer is PromiseLike<unknown> {
  if ((typeof answer !== 'object' && typeof answer !== 'function') || answer === null) return false
  return typeof (answer as { then?: unknown }).then === 'function'
}

function within<T>(ms: number, answer: PromiseLike<T>, name: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(
      () => {
        const sentence = `${name} did not answer within ${ms} ms (the limit "functionMs").`
        reject(userError(new Error(sentence)))
      },
      Math.min(ms, longestMs),
    )
    late.unref()
    const fail = (thrown: unknown) => {
      clearTimeout(late)
      reject(userError(thrown))
    }
    try {
      answer.then((value) => {
        clearTimeout(late)
        // A thenable that resolves to a thenable might do so for ever.
        if (canFollow(value)) resolve(value)
        else reject(userError(new TypeError(`${name} answered a promise of a promise.`)))
      }, fail)
    } catch (thrown) {
      fail(thrown)
    }
  })
}

/** Whether a promise can be resolved with the value as it is. */
function canFollow(value: unknown): boolean {
  try {
    return !isThenable(value)
  } catch {
    return false
  }
}
