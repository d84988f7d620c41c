/** Where the figures are. */

export const mount = '/channels'
export const channelName = 'system/figures'
export const figuresUrl = `${mount}/${channelName}`

/** @param {string} path */
export function socketUrl(path) {
  return location.origin.replace(/^http/, 'ws') + path
}

/** The bytes of a text as it travelled. @param {string} text */
export function jsonBytes(text) {
  return new TextEncoder().encode(text).length
}
