/** What a job imports. */
export const add = (/** @type {number} */ a, /** @type {number} */ b) => a + b
