/** What holds for the chat: anybody may write, a name and a text, both short. */
import { AnywireError } from 'anywire'

/** @type {import('anywire').Rule} */
export const chatRule = {
  retain: { messages: 200 },
  receive(message) {
    const { name, text } = /** @type {{ name?: unknown, text?: unknown }} */ (message.data ?? {})
    message.data = { name: checked(name, 'name', 40), text: checked(text, 'text', 500), at: Date.now() }
  },
}

/** @param {unknown} value @param {string} field @param {number} most */
function checked(value, field, most) {
  if (typeof value === 'string' && value.trim() !== '' && value.length <= most) return value.trim()
  throw new AnywireError('rejected', `A chat message needs a "${field}" of 1 to ${most} characters.`)
}
