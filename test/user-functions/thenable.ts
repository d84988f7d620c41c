/** An object with a method `then`, as query builders and older promise libraries answer. */
type Then = (resolve: (value: unknown) => void, reject: (thrown: unknown) => void) => void

export function thenable(then: Then): PromiseLike<unknown> {
  return Object.defineProperty({}, 'then', { value: then }) as PromiseLike<unknown>
}
