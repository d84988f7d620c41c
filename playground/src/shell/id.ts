/** An id that nobody else makes. `crypto.randomUUID` needs a secure context, which plain http in a LAN is not. */
export const freshId = () =>
  [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('')
