/** Reports internal failures to the application: each once, whatever its `onError` does. */
import { AnywireError } from '../protocol/error.js'

export type OnError = (error: AnywireError) => unknown

/** Makes an AnywireError of what was thrown, and tells `onError` if the failure is the server's own. Throws nothing. */
export function createReport(onError: OnError = printInternal): (thrown: unknown) => AnywireError {
  /** A failure may pass several places that report, up to the one that answers the client. */
  const told = new WeakSet<AnywireError>()
  return (thrown) => {
    const error = AnywireError.from(thrown)
    if ((error.code !== 'internal' && error.code !== 'store-down') || told.has(error)) return error
    told.add(error)
    tell(onError, error)
    return error
  }
}

function tell(onError: OnError, error: AnywireError): void {
  const failed = (thrown: unknown) => print('The function "onError" failed', thrown)
  try {
    const answer = onError(error) as Partial<PromiseLike<unknown>> | undefined
    // Nobody waits for a promise, but its failure must not count as unhandled.
    answer?.then?.(undefined, failed)
  } catch (thrown) {
    failed(thrown)
  }
}

function printInternal(error: AnywireError): void {
  console.error(error.cause instanceof Error ? error.cause : error)
}

/** Nothing that can be thrown or given as a cause may make this fail. */
function print(sentence: string, thrown: unknown): void {
  try {
    console.error(`${sentence}:`, thrown)
  } catch {
    console.error(`${sentence}, with something that cannot be printed.`)
  }
}
