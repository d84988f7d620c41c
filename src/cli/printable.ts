/** Text from elsewhere as a terminal may be given it: what would steer the terminal is spelt instead. */

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what a terminal acts on; tab and line break stay
const steering = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g

/** Spelt as `\u001b`, which in JSON means the same. */
export function printable(text: string): string {
  return text.replace(steering, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
