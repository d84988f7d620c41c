/** Headers that let a page of any origin read an answer, with its cookies. */

/** @param {import('node:http').IncomingMessage} request */
export function cors({ headers: { origin } }) {
  return origin
    ? { 'access-control-allow-origin': origin, 'access-control-allow-credentials': 'true', vary: 'origin' }
    : {}
}
