/** What the tests ask of a browser, whichever it is. */
export interface Browser {
  /** Opens a page in a tab of its own, with cookies of its own. */
  open(url: string): Promise<Page>
  close(): Promise<void>
}

export interface Page {
  /** Calls a function of the page (`page.html` says which there are) and answers what it resolves to. */
  call<T = unknown>(name: string, ...values: unknown[]): Promise<T>
  /** Opens another tab of the same person: with the same cookies, storage and workers. It closes with this one. */
  beside(url: string): Promise<Page>
  /** Goes elsewhere, as if the address had been typed. */
  visit(url: string): Promise<void>
  /** The same for what may be shown or saved. */
  attempt(url: string): Promise<void>
  close(): Promise<void>
}

/** A call as an expression. */
export function expression(name: string, values: readonly unknown[]): string {
  return `${name}(${values.map((value) => JSON.stringify(value) ?? 'undefined').join(', ')})`
}
