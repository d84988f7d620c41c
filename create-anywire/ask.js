/** Asks at a terminal for what the command line does not say. */
import { createInterface } from 'node:readline/promises'
import { checkFolder, Refusal, templateOf, templates } from './templates.js'

/** @typedef {{ input: NodeJS.ReadableStream, output: NodeJS.WritableStream }} Terminal */
/** @typedef {(question: string) => Promise<string>} Put */

/**
 * Answers what is given, and for the rest what somebody types.
 * @param {{ target: string | undefined, template: string | undefined }} given
 * @param {Terminal} terminal
 * @returns {Promise<{ target: string, template: string }>}
 */
export async function ask({ target, template }, { input, output } = { input: process.stdin, output: process.stdout }) {
  const lines = createInterface({ input, output })
  const gone = new AbortController()
  // Ctrl-C and Ctrl-D close it, and answer no question.
  lines.once('close', () => gone.abort())
  /** @type {Put} */
  const put = async (question) => {
    try {
      return await lines.question(question, { signal: gone.signal })
    } catch {
      output.write('\n')
      throw new Refusal('Nothing is made.')
    }
  }
  const say = (/** @type {string} */ text) => void output.write(`${text}\n`)
  try {
    return {
      target: target ?? (await until('Folder (my-app): ', 'my-app', checkFolder, put, say)),
      template: template ?? (await until(`${list()}\nTemplate (plain): `, 'plain', templateOf, put, say)),
    }
  } finally {
    lines.close()
  }
}

/** The templates, one a line. */
export const list = () =>
  Object.entries(templates)
    .map(([name, { what }]) => `  ${name.padEnd(8)} ${what}`)
    .join('\n')

/**
 * Asks until an answer is one.
 * @param {string} question
 * @param {string} usual
 * @param {(answer: string) => unknown} check
 * @param {Put} put
 * @param {(text: string) => void} say
 */
async function until(question, usual, check, put, say) {
  for (;;) {
    const answer = (await put(question)).trim() || usual
    try {
      check(answer)
      return answer
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      say(error.message)
    }
  }
}
